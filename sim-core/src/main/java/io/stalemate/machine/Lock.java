package io.stalemate.machine;

/** What every lock offers to lockdep. */
public interface Lock {

  /** {@code lockdep_assert_held()}: the caller holds the lock in any mode. An event, never a scheduling point. */
  void assertHeld();
}
