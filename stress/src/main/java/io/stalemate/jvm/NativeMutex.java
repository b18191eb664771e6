package io.stalemate.jvm;

import io.stalemate.machine.Mutex;
import java.util.concurrent.locks.ReentrantLock;

/** A sleeping lock: the JDK's, without its recursion. */
final class NativeMutex implements Mutex {

  private final String name;
  private final ReentrantLock lock = new ReentrantLock();

  NativeMutex(String name) {
    this.name = name;
  }

  @Override
  public void lock() {
    Misuse.check(!lock.isHeldByCurrentThread(), name, "taken again by its owner");
    lock.lock();
  }

  @Override
  public boolean trylock() {
    return !lock.isHeldByCurrentThread() && lock.tryLock();
  }

  @Override
  public void unlock() {
    assertHeld();
    lock.unlock();
  }

  @Override
  public void assertHeld() {
    Misuse.check(lock.isHeldByCurrentThread(), name, "not held by the caller");
  }
}
