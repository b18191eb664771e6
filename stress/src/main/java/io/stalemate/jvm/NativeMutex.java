package io.stalemate.jvm;

import io.stalemate.machine.Mutex;
import org.jspecify.annotations.Nullable;

/** A sleeping lock: an owner under a monitor. */
final class NativeMutex implements Mutex {

  private final String name;
  // Guarded by the monitor of this.
  private @Nullable Thread owner;

  NativeMutex(String name) {
    this.name = name;
  }

  @Override
  public synchronized void lock() {
    Misuse.check(owner != Thread.currentThread(), name, "taken again by its owner");
    Monitor.await(this, () -> owner == null);
    owner = Thread.currentThread();
  }

  @Override
  public synchronized boolean trylock() {
    if (owner != null) {
      return false;
    }
    owner = Thread.currentThread();
    return true;
  }

  @Override
  public synchronized void unlock() {
    assertHeld();
    owner = null;
    notify();
  }

  @Override
  public synchronized void assertHeld() {
    Misuse.check(owner == Thread.currentThread(), name, "not held by the caller");
  }
}
