package io.stalemate.strategy;

import io.stalemate.trace.Op;
import java.util.Arrays;

/**
 * Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte: A Randomized Scheduler with
 * Probabilistic Guarantees of Finding Bugs, ASPLOS 2010): random priorities, and {@code depth - 1} random steps at
 * which the running task drops below all others. A bug of depth d among n tasks and k steps shows in a run with
 * probability at least 1 / (n k^(d-1)).
 *
 * <p>A task that begins another round of a retry loop drops below all others too: strict priorities would let it spin
 * for ever while the task it waits for never runs. The bound above is for programs without such loops.
 *
 * <p>The fair form follows the priorities for a prefix as long as a run usually is, then walks at random, so that
 * every run ends with probability one.
 */
public final class Pct implements Strategy {

  private static final int RETRYING = Op.RETRYING.ordinal();

  private final Seeded random = new Seeded(0);
  private final int depth;
  private final int stepsExpected;
  private final boolean fair;
  private final int[] changeSteps;
  private final long[] priorities = new long[64];
  private int changesDone;
  private int step;
  private long lowest;

  /**
   * @param depth number of ordering constraints of the bugs looked for, at least 1
   * @param stepsExpected length of a run, which change points are spread over; at least 1
   * @param fair whether to walk at random once {@code stepsExpected} steps are over
   */
  public Pct(int depth, int stepsExpected, boolean fair) {
    if (depth < 1 || stepsExpected < 1) {
      throw new IllegalArgumentException("depth " + depth + " and steps " + stepsExpected + " must be at least 1");
    }
    this.depth = depth;
    this.stepsExpected = stepsExpected;
    this.fair = fair;
    this.changeSteps = new int[depth - 1];
  }

  @Override
  public String name() {
    return (fair ? "fpct" : "pct") + depth;
  }

  @Override
  public void begin(long seed, int tasks) {
    random.reseed(seed);
    for (int i = 0; i < tasks; i++) {
      int j = random.below(i + 1);
      priorities[i] = priorities[j];
      priorities[j] = i + 1L;
    }
    for (int i = 0; i < changeSteps.length; i++) {
      changeSteps[i] = random.below(stepsExpected);
    }
    if (changeSteps.length > 1) {
      Arrays.sort(changeSteps);
    }
    changesDone = 0;
    step = 0;
    lowest = 0;
  }

  @Override
  public int choose(int current, long enabled, Announced announced) {
    int now = step++;
    if (fair && now >= stepsExpected) {
      return Bits.nth(enabled, random.below(Long.bitCount(enabled)));
    }
    if (current >= 0 && announced.opcode(current) == RETRYING) {
      priorities[current] = --lowest;
    }
    int best = highest(enabled);
    while (changesDone < changeSteps.length && now >= changeSteps[changesDone]) {
      changesDone++;
      priorities[best] = --lowest;
      best = highest(enabled);
    }
    return best;
  }

  private int highest(long enabled) {
    int best = Long.numberOfTrailingZeros(enabled);
    long rest = enabled & (enabled - 1);
    while (rest != 0) {
      int task = Long.numberOfTrailingZeros(rest);
      if (priorities[task] > priorities[best]) {
        best = task;
      }
      rest &= rest - 1;
    }
    return best;
  }
}
