package io.stalemate.machine;

/**
 * {@code struct lockdep_map}: a dependency that is no lock, for waits that lockdep cannot see (a memslot swap waiting
 * for notifiers to end). Holding it excludes nobody; it only takes part in the lock-order graph.
 */
public interface LockdepMap {

  /** {@code lock_map_acquire_read()}: the caller is inside what somebody may wait for. */
  void acquire();

  /** {@code lock_map_release()}. */
  void release();

  /** {@code lock_map_acquire(); lock_map_release()}: the caller may wait here for every holder to leave. */
  void waitsForHolders();
}
