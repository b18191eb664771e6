package io.stalemate.jvm;

import io.stalemate.machine.Completion;

/** A counter under a monitor. */
final class NativeCompletion implements Completion {

  private final Object monitor = new Object();
  // Guarded by the monitor.
  private long done;

  @Override
  public void waitFor() {
    synchronized (monitor) {
      Monitor.await(monitor, () -> done != 0);
      if (done != Long.MAX_VALUE) {
        done--;
      }
    }
  }

  @Override
  public void complete() {
    synchronized (monitor) {
      if (done != Long.MAX_VALUE) {
        done++;
      }
      monitor.notifyAll();
    }
  }

  @Override
  public void completeAll() {
    synchronized (monitor) {
      done = Long.MAX_VALUE;
      monitor.notifyAll();
    }
  }
}
