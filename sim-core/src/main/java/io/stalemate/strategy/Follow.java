package io.stalemate.strategy;

import java.util.Arrays;

/**
 * Lets exactly the given task go at each step, as a trace file recorded it. Where that task cannot proceed, or the
 * record is over, it goes on by {@link Replay}'s rule and says where it left the record.
 */
public final class Follow implements Strategy {

  /** Has not left the record. */
  public static final int NEVER = -1;

  private final int[] tasks;
  private int step;
  private int last;
  private int left = NEVER;

  /** Follows {@code tasks}, one for each step. */
  public Follow(int[] tasks) {
    this.tasks = Arrays.copyOf(tasks, tasks.length);
  }

  @Override
  public String name() {
    return "fix";
  }

  @Override
  public void begin(long seed, int taskCount) {
    step = 0;
    last = -1;
    left = NEVER;
  }

  @Override
  public int choose(int current, long enabled, Announced announced) {
    int now = step++;
    int task;
    if (now < tasks.length && (enabled >>> tasks[now] & 1) != 0) {
      task = tasks[now];
    } else {
      if (left == NEVER) {
        left = now;
      }
      task = Replay.usual(last, current, enabled, announced);
    }
    last = task;
    return task;
  }

  /** The step at which the run left the record, or {@link #NEVER}. */
  public int left() {
    return left;
  }
}
