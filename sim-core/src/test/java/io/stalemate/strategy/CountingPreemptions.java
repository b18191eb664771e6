package io.stalemate.strategy;

/** Lets another strategy choose and counts preemptions by their definition, in programs without retry loops. */
final class CountingPreemptions implements Strategy {

  private final Strategy inner;
  private int preemptions;

  CountingPreemptions(Strategy inner) {
    this.inner = inner;
  }

  @Override
  public String name() {
    return inner.name();
  }

  @Override
  public void begin(long seed, int tasks) {
    inner.begin(seed, tasks);
    preemptions = 0;
  }

  @Override
  public int choose(int current, long enabled, Announced announced) {
    int task = inner.choose(current, enabled, announced);
    preemptions += current >= 0 && current != task ? 1 : 0;
    return task;
  }

  /** Of the last run. */
  int preemptions() {
    return preemptions;
  }
}
