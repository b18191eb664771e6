package io.stalemate.machine;

/** {@code spinlock_t}. The holder is in atomic context: it must not sleep. Acquire on lock, release on unlock. */
public interface Spinlock extends Lock {

  /** Takes the lock; spins (is not runnable) while another task holds it. Self-recursion deadlocks. */
  void lock();

  /** Takes the lock if it is free; yields whether it did. */
  boolean trylock();

  /** Lets go of the lock. The caller must be the holder. */
  void unlock();
}
