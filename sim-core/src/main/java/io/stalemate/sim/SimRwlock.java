package io.stalemate.sim;

import io.stalemate.machine.Rwlock;

/** A reader-writer spinlock of a world. */
final class SimRwlock extends SimLock<SharedLockState> implements Rwlock {

  SimRwlock(World world, SharedLockState state, LockOwner owner) {
    super(world, state, owner);
  }

  @Override
  public void readLock() {
    acquire(Code.READ_LOCK);
  }

  @Override
  public void readUnlock() {
    release(Code.READ_UNLOCK);
  }

  @Override
  public void writeLock() {
    acquireWrite(Code.WRITE_LOCK, Code.WRITE_LOCK_QUEUED);
  }

  @Override
  public void writeUnlock() {
    release(Code.WRITE_UNLOCK);
  }

  @Override
  public boolean needbreak() {
    world.announce(Code.LOCK_NEEDBREAK, id);
    boolean contended = state.isContended();
    world.record(Code.LOCK_NEEDBREAK, id, contended ? 1 : 0, 0, 0, 0);
    return contended;
  }

  @Override
  public void assertHeldWrite() {
    world.record(Code.ASSERT_HELD, id, 1, 0, 0, 0);
  }

  @Override
  public void assertHeldRead() {
    world.record(Code.ASSERT_HELD, id, 2, 0, 0, 0);
  }
}
