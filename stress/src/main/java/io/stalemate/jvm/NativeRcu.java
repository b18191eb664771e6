package io.stalemate.jvm;

import io.stalemate.machine.Rcu;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * RCU on top of SRCU's counters. Callbacks run, in the order they were queued, on one daemon thread that starts with
 * the first of them, each after a grace period of its own.
 */
final class NativeRcu implements Rcu {

  private final NativeSrcu domain = new NativeSrcu("rcu");
  private final ThreadLocal<ArrayDeque<Integer>> ranks = ThreadLocal.withInitial(ArrayDeque::new);

  // Guarded by callbacks.
  private final Queue<Runnable> callbacks = new ArrayDeque<>();
  private boolean running;
  private @Nullable Throwable failed;

  @Override
  public void readLock() {
    ranks.get().push(domain.readLock());
  }

  @Override
  public void readUnlock() {
    ArrayDeque<Integer> mine = ranks.get();
    Misuse.check(!mine.isEmpty(), "rcu", "no read section of the caller");
    domain.readUnlock(mine.pop());
  }

  @Override
  public void synchronize() {
    domain.synchronize();
  }

  @Override
  public void call(Runnable callback) {
    synchronized (callbacks) {
      callbacks.add(callback);
      if (!running) {
        running = true;
        Thread softirq = new Thread(this::run, "rcu");
        softirq.setDaemon(true);
        softirq.start();
      }
    }
  }

  /** {@code rcu_barrier()}: waits for every callback queued so far. */
  void barrier() {
    synchronized (callbacks) {
      while (running) {
        try {
          callbacks.wait();
        } catch (InterruptedException e) {
          throw new IllegalStateException("interrupted in rcu_barrier", e);
        }
      }
      if (failed != null) {
        throw new IllegalStateException("an RCU callback failed", failed);
      }
    }
  }

  private void run() {
    try {
      for (Runnable callback = next(); callback != null; callback = next()) {
        domain.synchronize();
        callback.run();
      }
    } catch (RuntimeException | Error e) {
      synchronized (callbacks) {
        failed = e;
        running = false;
        callbacks.notifyAll();
      }
    }
  }

  private @Nullable Runnable next() {
    synchronized (callbacks) {
      Runnable callback = callbacks.poll();
      if (callback == null) {
        running = false;
        callbacks.notifyAll();
      }
      return callback;
    }
  }
}
