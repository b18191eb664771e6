package io.stalemate.jvm;

import io.stalemate.machine.Rwlock;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Many readers or one writer, spinning; a writer that waits keeps new readers out. */
final class NativeRwlock implements Rwlock {

  private static final int WRITER = -1;

  private final String name;
  // The number of readers, or WRITER.
  private final AtomicInteger holders = new AtomicInteger();
  private final AtomicInteger writersWaiting = new AtomicInteger();
  private final AtomicInteger readersWaiting = new AtomicInteger();
  private final PerThread reads = new PerThread();
  // Written by the writer alone; others compare it with themselves, so that any value they may read will do.
  private @Nullable Thread writer;

  NativeRwlock(String name) {
    this.name = name;
  }

  @Override
  public void readLock() {
    Misuse.check(writer != Thread.currentThread(), name, "read by its writer");
    if (!tryRead()) {
      readersWaiting.incrementAndGet();
      int round = 0;
      while (!tryRead()) {
        round = Spin.pause(round);
      }
      readersWaiting.decrementAndGet();
    }
    reads.add(1);
  }

  private boolean tryRead() {
    int now = holders.get();
    return now != WRITER && writersWaiting.get() == 0 && holders.compareAndSet(now, now + 1);
  }

  @Override
  public void readUnlock() {
    assertHeldRead();
    reads.add(-1);
    holders.getAndDecrement();
  }

  @Override
  public void writeLock() {
    Misuse.check(writer != Thread.currentThread(), name, "taken again by its writer");
    Misuse.check(reads.get() == 0, name, "written by its reader");
    writersWaiting.incrementAndGet();
    int round = 0;
    while (!holders.compareAndSet(0, WRITER)) {
      round = Spin.pause(round);
    }
    writersWaiting.decrementAndGet();
    writer = Thread.currentThread();
  }

  @Override
  public void writeUnlock() {
    assertHeldWrite();
    writer = null;
    holders.setRelease(0);
  }

  @Override
  public boolean needbreak() {
    return writersWaiting.get() != 0 || readersWaiting.get() != 0;
  }

  @Override
  public void assertHeld() {
    Misuse.check(writer == Thread.currentThread() || reads.get() > 0, name, "not held by the caller");
  }

  @Override
  public void assertHeldWrite() {
    Misuse.check(writer == Thread.currentThread(), name, "not held for writing by the caller");
  }

  @Override
  public void assertHeldRead() {
    Misuse.check(reads.get() > 0, name, "not held for reading by the caller");
  }
}
