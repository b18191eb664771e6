package io.stalemate.strategy;

import java.util.Arrays;

/**
 * Lets another strategy choose, twice for one seed, and compares what it was offered: the same tasks enabled, with the
 * same operations announced, at every step. A difference is nondeterminism of the model or of the simulator, and the
 * step where it first shows is known.
 */
public final class RunTwice implements Strategy {

  /** No difference so far. */
  public static final int SAME = -1;

  private final Strategy inner;
  private long[] seen = new long[256];
  private boolean second;
  private int step;
  private int stepsFirst;
  private int difference = SAME;

  /** Compares runs under {@code inner}. */
  public RunTwice(Strategy inner) {
    this.inner = inner;
  }

  @Override
  public String name() {
    return inner.name();
  }

  /** The next run is the first of a pair. */
  public void first() {
    second = false;
    difference = SAME;
  }

  /** The next run is the second of a pair. */
  public void second() {
    stepsFirst = step;
    second = true;
  }

  @Override
  public void begin(long seed, int tasks) {
    inner.begin(seed, tasks);
    step = 0;
  }

  @Override
  public int choose(int current, long enabled, Announced announced) {
    long offer = enabled;
    for (long rest = enabled; rest != 0; rest &= rest - 1) {
      int task = Long.numberOfTrailingZeros(rest);
      offer = offer * 31 + announced.opcode(task);
      offer = offer * 31 + announced.object(task);
    }
    if (second) {
      if (difference == SAME && (step >= stepsFirst || seen[step] != offer)) {
        difference = step;
      }
    } else {
      if (step == seen.length) {
        seen = Arrays.copyOf(seen, step * 2);
      }
      seen[step] = offer;
    }
    step++;
    return inner.choose(current, enabled, announced);
  }

  /** The first step at which the second run was offered something else, or {@link #SAME}. */
  public int difference() {
    return difference == SAME && second && step != stepsFirst ? Math.min(step, stepsFirst) : difference;
  }
}
