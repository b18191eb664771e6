package io.stalemate.sim;

import io.stalemate.machine.RwSemaphore;

/** A reader-writer semaphore of a world. */
final class SimRwSemaphore extends SimLock<SharedLockState> implements RwSemaphore {

  SimRwSemaphore(World world, SharedLockState state, LockOwner owner) {
    super(world, state, owner);
  }

  @Override
  public void downRead() {
    acquire(Code.DOWN_READ);
  }

  @Override
  public boolean downReadTrylock() {
    return tryAcquire(Code.DOWN_READ_TRYLOCK, () -> state.admits(world.current(), Code.DOWN_READ));
  }

  @Override
  public void upRead() {
    release(Code.UP_READ);
  }

  @Override
  public void downWrite() {
    acquireWrite(Code.DOWN_WRITE, Code.DOWN_WRITE_QUEUED);
  }

  @Override
  public void upWrite() {
    release(Code.UP_WRITE);
  }

  @Override
  public void assertHeldWrite() {
    world.record(Code.ASSERT_HELD, id, 1, 0, 0, 0);
  }
}
