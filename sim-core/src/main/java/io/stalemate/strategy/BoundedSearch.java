package io.stalemate.strategy;

import io.stalemate.trace.Op;
import java.util.Arrays;

/**
 * Every schedule with at most so many preemptions, depth first, one a run (after Musuvathi and Qadeer: Iterative
 * Context Bounding for Systematic Testing of Multithreaded Programs, PLDI 2007). All that is kept is the list of
 * choices of the last run, with what is left to try at each; {@link #next} moves on to the next schedule, and a run
 * without {@code next} before it is the last one again.
 *
 * <p>What a choice costs. Where the current task blocked, ended or begins another round of a retry loop, every task
 * that can go on is free; elsewhere the current task is free and any other costs one preemption. One restriction keeps
 * retry loops finite: a task that begins another round stands aside until some task has blocked or ended since, because
 * nothing else bounds how often it could go round; letting it go before costs one preemption. If all that can go on
 * stand aside, the next in number order goes for nothing, the others cost one.
 *
 * <p>What is covered. Each sequence of choices that costs at most the bound is run exactly once: choices at one step
 * are different tasks, so no two lists are the same schedule. Not covered: schedules in which tasks go round their
 * retry loops more often, at others' expense, than the bound pays for; and, if {@link #thinned} says so, ways out of a
 * livelock: once tasks have gone round for nothing {@value #ROUNDS_MAX} times in a row, and none blocked or ended
 * between, the rest of the run is not branched, or each of its steps would be the root of another run as long.
 *
 * <p>Program steps are taken as they are: no partial-order reduction, because oracles see the order of operations that
 * commute.
 */
public final class BoundedSearch implements Strategy {

  /** No difference so far. */
  public static final int SAME = -1;

  private static final int RETRYING = Op.RETRYING.ordinal();
  private static final int ROUNDS_MAX = 16;

  private final int bound;
  // By step of the last run: what could go on, what is left to try for nothing and for a preemption, what was chosen,
  // and how many preemptions that makes.
  private long[] offered = new long[256];
  private long[] free = new long[256];
  private long[] paid = new long[256];
  private int[] tasks = new int[256];
  private int[] spent = new int[256];
  private int length;
  private int step;
  private int last;
  private long aside;
  private int rounds;
  private boolean thinned;
  private int difference = SAME;

  /** Begins with the schedule that switches only when it must. */
  public BoundedSearch(int bound) {
    if (bound < 0) {
      throw new IllegalArgumentException("bound " + bound + " must not be negative");
    }
    this.bound = bound;
  }

  @Override
  public String name() {
    return "pb" + bound;
  }

  @Override
  public void begin(long seed, int taskCount) {
    step = 0;
    last = -1;
    aside = 0;
    rounds = 0;
  }

  @Override
  public int choose(int current, long enabled, Announced announced) {
    int now = step++;
    boolean goesOn = current >= 0;
    if (!goesOn) {
      aside = 0;
      rounds = 0;
    } else if (announced.opcode(current) == RETRYING) {
      aside |= 1L << current;
      goesOn = false;
    }
    long rested = enabled & ~aside;
    if (rested == 0) {
      rounds++;
      rested = 1L << Bits.after(enabled, last);
    }
    if (now == length) {
      append(goesOn ? 1L << current : rested, enabled);
    }
    int task = follow(now, enabled);
    aside &= ~(1L << task);
    last = task;
    return task;
  }

  /** Makes a new choice: the next task in number order of those that are free. */
  private void append(long gratis, long enabled) {
    int now = length++;
    if (now == offered.length) {
      grow(now * 2);
    }
    int task = Bits.after(gratis, last);
    offered[now] = enabled;
    tasks[now] = task;
    spent[now] = now == 0 ? 0 : spent[now - 1];
    free[now] = gratis & ~(1L << task);
    paid[now] = spent[now] < bound ? enabled & ~gratis : 0;
    if (rounds > ROUNDS_MAX && (free[now] | paid[now]) != 0) {
      free[now] = 0;
      paid[now] = 0;
      thinned = true;
    }
  }

  /** Yields the task chosen at {@code now}; if it cannot go on, somebody else, and says so. */
  private int follow(int now, long enabled) {
    if (offered[now] != enabled && difference == SAME) {
      difference = now;
    }
    return (enabled >>> tasks[now] & 1) != 0 ? tasks[now] : Bits.after(enabled, last);
  }

  private void grow(int size) {
    offered = Arrays.copyOf(offered, size);
    free = Arrays.copyOf(free, size);
    paid = Arrays.copyOf(paid, size);
    tasks = Arrays.copyOf(tasks, size);
    spent = Arrays.copyOf(spent, size);
  }

  /** Moves on from the schedule of the last run to the next; yields false if it was the last there is. */
  public boolean next() {
    if (step < length && difference == SAME) {
      difference = step;
    }
    for (int at = length - 1; at >= 0; at--) {
      long left = free[at] != 0 ? free[at] : paid[at];
      if (left != 0) {
        spent[at] = (at == 0 ? 0 : spent[at - 1]) + (free[at] != 0 ? 0 : 1);
        tasks[at] = Long.numberOfTrailingZeros(left);
        if (free[at] != 0) {
          free[at] &= left - 1;
        } else {
          paid[at] &= left - 1;
        }
        length = at + 1;
        return true;
      }
    }
    length = 0;
    return false;
  }

  /** Number of preemptions of the schedule that was run last. */
  public int preemptions() {
    return length == 0 ? 0 : spent[length - 1];
  }

  /** Whether some run went round for nothing so often that not all ways out of it were tried. */
  public boolean thinned() {
    return thinned;
  }

  /**
   * The first step at which a run was offered other tasks than one with the same choices before: nondeterminism of the
   * model or of the simulator. {@link #SAME} if there was none.
   */
  public int difference() {
    return difference;
  }
}
