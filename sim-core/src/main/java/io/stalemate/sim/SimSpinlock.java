package io.stalemate.sim;

import io.stalemate.machine.Spinlock;

/** A spinlock of a world. */
final class SimSpinlock extends SimLock<ExclusiveLockState> implements Spinlock {

  SimSpinlock(World world, ExclusiveLockState state, LockOwner owner) {
    super(world, state, owner);
  }

  @Override
  public void lock() {
    acquire(Code.SPIN_LOCK);
  }

  @Override
  public boolean trylock() {
    return tryAcquire(Code.SPIN_TRYLOCK, state::isFree);
  }

  @Override
  public void unlock() {
    release(Code.SPIN_UNLOCK);
  }
}
