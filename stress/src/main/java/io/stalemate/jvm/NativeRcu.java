package io.stalemate.jvm;

import io.stalemate.machine.Rcu;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** RCU on top of SRCU's counters. Callbacks run in the order they were queued, each after a grace period of its own. */
final class NativeRcu implements Rcu {

  private final RcuCallbacks runner;
  private final NativeSrcu domain = new NativeSrcu("rcu");
  // By thread: how deep in sections it is, and the rank of the outermost.
  private final PerThread depth = new PerThread();
  private final PerThread rank = new PerThread();

  // Guarded by callbacks. A class and no interface: Lincheck does not see notifyAll() called through one.
  private final ArrayDeque<Runnable> callbacks = new ArrayDeque<>(4);
  private boolean running;
  private @Nullable Throwable failed;

  NativeRcu(RcuCallbacks runner) {
    this.runner = runner;
  }

  @Override
  public void readLock() {
    if (depth.get() == 0) {
      rank.add(domain.readLock() - rank.get());
    }
    depth.add(1);
  }

  @Override
  public void readUnlock() {
    Misuse.check(depth.get() > 0, "rcu", "no read section of the caller");
    depth.add(-1);
    if (depth.get() == 0) {
      domain.readUnlock(rank.get());
    }
  }

  @Override
  public void synchronize() {
    domain.synchronize();
  }

  @Override
  public void call(Runnable callback) {
    synchronized (callbacks) {
      callbacks.add(callback);
      if (runner == RcuCallbacks.ON_A_THREAD && !running) {
        running = true;
        Thread softirq = new Thread(this::run, "rcu");
        softirq.setDaemon(true);
        softirq.start();
      }
    }
  }

  /** {@code rcu_barrier()}: returns when every callback queued so far has run; at barriers, one caller at a time. */
  void barrier() {
    if (runner == RcuCallbacks.AT_BARRIER) {
      runAll();
    }
    synchronized (callbacks) {
      Monitor.await(callbacks, () -> !running);
      if (failed != null) {
        throw new IllegalStateException("an RCU callback failed", failed);
      }
    }
  }

  private void run() {
    try {
      runAll();
    } catch (RuntimeException | Error e) {
      synchronized (callbacks) {
        failed = e;
        running = false;
        callbacks.notifyAll();
      }
    }
  }

  private void runAll() {
    for (Runnable callback = next(); callback != null; callback = next()) {
      domain.synchronize();
      callback.run();
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
