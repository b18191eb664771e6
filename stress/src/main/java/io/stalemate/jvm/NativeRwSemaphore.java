package io.stalemate.jvm;

import io.stalemate.machine.RwSemaphore;
import org.jspecify.annotations.Nullable;

/** A sleeping reader-writer lock: holders under a monitor. A waiting writer keeps new readers out. */
final class NativeRwSemaphore implements RwSemaphore {

  private final String name;
  private final PerThread reads = new PerThread();
  // Guarded by the monitor of this.
  private @Nullable Thread writer;
  private int readers;
  private int writersWaiting;

  NativeRwSemaphore(String name) {
    this.name = name;
  }

  @Override
  public synchronized void downRead() {
    Misuse.check(writer != Thread.currentThread(), name, "read by its writer");
    Monitor.await(this, this::admitsReaders);
    read();
  }

  @Override
  public synchronized boolean downReadTrylock() {
    boolean admitted = admitsReaders();
    if (admitted) {
      read();
    }
    return admitted;
  }

  private boolean admitsReaders() {
    return writer == null && writersWaiting == 0;
  }

  private void read() {
    readers++;
    reads.add(1);
  }

  @Override
  public synchronized void upRead() {
    Misuse.check(reads.get() > 0, name, "not held for reading by the caller");
    reads.add(-1);
    readers--;
    notifyAll();
  }

  @Override
  public synchronized void downWrite() {
    Misuse.check(writer != Thread.currentThread(), name, "taken again by its writer");
    Misuse.check(reads.get() == 0, name, "written by its reader");
    writersWaiting++;
    Monitor.await(this, () -> writer == null && readers == 0);
    writersWaiting--;
    writer = Thread.currentThread();
  }

  @Override
  public synchronized void upWrite() {
    assertHeldWrite();
    writer = null;
    notifyAll();
  }

  @Override
  public synchronized void assertHeld() {
    Misuse.check(writer == Thread.currentThread() || reads.get() > 0, name, "not held by the caller");
  }

  @Override
  public synchronized void assertHeldWrite() {
    Misuse.check(writer == Thread.currentThread(), name, "not held for writing by the caller");
  }
}
