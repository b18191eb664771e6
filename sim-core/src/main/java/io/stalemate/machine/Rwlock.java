package io.stalemate.machine;

/**
 * {@code rwlock_t}: many readers or one writer; holders are in atomic context. A waiting writer keeps new readers out,
 * as the queued rwlock does for task context.
 */
public interface Rwlock extends Lock {

  /** {@code read_lock()}. */
  void readLock();

  /** {@code read_unlock()}. The caller must hold the lock for reading. */
  void readUnlock();

  /** {@code write_lock()}. */
  void writeLock();

  /** {@code write_unlock()}. The caller must be the writer. */
  void writeUnlock();

  /** {@code rwlock_needbreak()}: whether a task waits for the lock now. A hint; may be stale at once. */
  boolean needbreak();

  /** {@code lockdep_assert_held_write()}: the caller is the writer. An event, never a scheduling point. */
  void assertHeldWrite();

  /** {@code lockdep_assert_held_read()}: the caller holds the lock for reading. */
  void assertHeldRead();
}
