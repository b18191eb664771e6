package io.stalemate.strategy;

import java.util.Arrays;

/** Lets another strategy choose and keeps what it chose, as a {@link Schedule} and with what else could have run. */
public final class Recording implements Strategy {

  private final Strategy inner;
  private int[] steps = new int[64];
  private int[] tasks = new int[64];
  private long[] offered = new long[256];
  private int deviations;
  private int step;
  private int last;

  /** Records what {@code inner} chooses. */
  public Recording(Strategy inner) {
    this.inner = inner;
  }

  @Override
  public String name() {
    return inner.name();
  }

  @Override
  public void begin(long seed, int taskCount) {
    inner.begin(seed, taskCount);
    deviations = 0;
    step = 0;
    last = -1;
  }

  @Override
  public int choose(int current, long enabled, Announced announced) {
    int usual = Replay.usual(last, current, enabled, announced);
    int task = inner.choose(current, enabled, announced);
    if (step == offered.length) {
      offered = Arrays.copyOf(offered, step * 2);
    }
    offered[step] = enabled;
    if (task != usual) {
      if (deviations == steps.length) {
        steps = Arrays.copyOf(steps, deviations * 2);
        tasks = Arrays.copyOf(tasks, deviations * 2);
      }
      steps[deviations] = step;
      tasks[deviations++] = task;
    }
    step++;
    last = task;
    return task;
  }

  /** The schedule of the last run. */
  public Schedule schedule() {
    return new Schedule(Arrays.copyOf(steps, deviations), Arrays.copyOf(tasks, deviations));
  }

  /** Number of choices of the last run. */
  public int steps() {
    return step;
  }

  /** Yields the tasks, as bits, that could have gone at {@code step}. */
  public long offered(int at) {
    return offered[at];
  }
}
