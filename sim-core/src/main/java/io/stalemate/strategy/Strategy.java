package io.stalemate.strategy;

/** A policy that decides every interleaving of a run. One instance serves many runs, one after the other. */
public interface Strategy {

  /** The name in tokens, for example {@code rnd} or {@code pct3}. */
  String name();

  /** A run begins: {@code seed} is all the randomness there is, {@code tasks} how many tasks take part. */
  void begin(long seed, int tasks);

  /**
   * Yields the task whose announced operation happens next.
   *
   * @param current the task that performed the last operation if its next one can proceed, else -1
   * @param enabled a bit for each task whose announced operation can proceed; never 0
   * @param announced what every task will do next
   */
  int choose(int current, long enabled, Announced announced);
}
