package io.stalemate.machine;

/** {@code struct mutex}: a sleeping lock with one owner. Not allowed in atomic context. */
public interface Mutex extends Lock {

  /** {@code mutex_lock()}; may sleep. */
  void lock();

  /** {@code mutex_trylock()}; yields whether the caller now owns the mutex. */
  boolean trylock();

  /** {@code mutex_unlock()}. The caller must be the owner. */
  void unlock();
}
