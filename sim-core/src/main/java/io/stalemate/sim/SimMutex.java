package io.stalemate.sim;

import io.stalemate.machine.Mutex;

/** A mutex of a world. */
final class SimMutex extends SimLock<ExclusiveLockState> implements Mutex {

  SimMutex(World world, ExclusiveLockState state, LockOwner owner) {
    super(world, state, owner);
  }

  @Override
  public void lock() {
    acquire(Code.MUTEX_LOCK);
  }

  @Override
  public boolean trylock() {
    return tryAcquire(Code.MUTEX_TRYLOCK, state::isFree);
  }

  @Override
  public void unlock() {
    release(Code.MUTEX_UNLOCK);
  }
}
