package io.stalemate.machine;

/** {@code struct rw_semaphore}: a sleeping reader-writer lock; a waiting writer keeps new readers out. */
public interface RwSemaphore extends Lock {

  /** {@code down_read()}; may sleep. */
  void downRead();

  /** {@code down_read_trylock()}; yields whether the caller now holds the semaphore for reading. */
  boolean downReadTrylock();

  /** {@code up_read()}. */
  void upRead();

  /** {@code down_write()}; may sleep. */
  void downWrite();

  /** {@code up_write()}. */
  void upWrite();

  /** {@code lockdep_assert_held_write()}. */
  void assertHeldWrite();
}
