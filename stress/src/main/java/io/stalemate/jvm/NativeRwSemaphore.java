package io.stalemate.jvm;

import io.stalemate.machine.RwSemaphore;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** A sleeping reader-writer lock: the JDK's in its fair form, in which a waiting writer keeps new readers out. */
final class NativeRwSemaphore implements RwSemaphore {

  private final String name;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock(true);

  NativeRwSemaphore(String name) {
    this.name = name;
  }

  @Override
  public void downRead() {
    Misuse.check(!lock.isWriteLockedByCurrentThread(), name, "read by its writer");
    lock.readLock().lock();
  }

  @Override
  public boolean downReadTrylock() {
    return !lock.isWriteLockedByCurrentThread() && !lock.hasQueuedThreads() && lock.readLock().tryLock();
  }

  @Override
  public void upRead() {
    Misuse.check(lock.getReadHoldCount() > 0, name, "not held for reading by the caller");
    lock.readLock().unlock();
  }

  @Override
  public void downWrite() {
    Misuse.check(!lock.isWriteLockedByCurrentThread(), name, "taken again by its writer");
    lock.writeLock().lock();
  }

  @Override
  public void upWrite() {
    assertHeldWrite();
    lock.writeLock().unlock();
  }

  @Override
  public void assertHeld() {
    Misuse.check(lock.isWriteLockedByCurrentThread() || lock.getReadHoldCount() > 0, name, "not held by the caller");
  }

  @Override
  public void assertHeldWrite() {
    Misuse.check(lock.isWriteLockedByCurrentThread(), name, "not held for writing by the caller");
  }
}
