package io.stalemate.engines;

/** Something that runs schedules of scenario zero, one after another, and can be stopped and gone on with. */
public interface Engine extends AutoCloseable {

  /**
   * What was done in a turn.
   *
   * @param executions whole executions, each judged
   * @param nanos wall time that they took, without waiting for the turn
   * @param cpuNanos CPU time of the whole process meanwhile; 0 where the system does not tell
   */
  record Turn(long executions, long nanos, long cpuNanos) {}

  /** Name as reports have it. */
  String name();

  /**
   * Runs for about {@code nanos}: at least one execution, and the last one to its end.
   *
   * @throws EngineFailure if it judges an execution to be wrong, or cannot go on
   */
  Turn turn(long nanos);

  @Override
  void close();
}
