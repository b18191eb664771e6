package io.stalemate.jvm;

import io.stalemate.machine.Spinlock;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A ticket lock: waiters are served in the order they came. Taking a ticket is a full barrier, being served an acquire,
 * the unlock a release.
 */
final class NativeSpinlock implements Spinlock {

  private final String name;
  private final AtomicLong nextTicket = new AtomicLong();
  private final AtomicLong serving = new AtomicLong();
  // Written by the holder alone; others compare it with themselves, so that any value they may read will do.
  private @Nullable Thread owner;

  NativeSpinlock(String name) {
    this.name = name;
  }

  @Override
  public void lock() {
    Misuse.check(owner != Thread.currentThread(), name, "taken again by its holder");
    long ticket = nextTicket.getAndIncrement();
    int round = 0;
    while (serving.getAcquire() != ticket) {
      round = Spin.pause(round);
    }
    owner = Thread.currentThread();
  }

  @Override
  public boolean trylock() {
    long ticket = serving.getAcquire();
    if (!nextTicket.compareAndSet(ticket, ticket + 1)) {
      return false;
    }
    owner = Thread.currentThread();
    return true;
  }

  @Override
  public void unlock() {
    assertHeld();
    owner = null;
    serving.setRelease(serving.getPlain() + 1);
  }

  /** Number of threads that wait for the lock now. */
  long waiting() {
    return Math.max(0, nextTicket.get() - serving.get() - 1);
  }

  @Override
  public void assertHeld() {
    Misuse.check(owner == Thread.currentThread(), name, "not held by the caller");
  }
}
