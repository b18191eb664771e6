package io.stalemate.sequential;

import io.stalemate.machine.Completion;
import io.stalemate.machine.Ipi;
import io.stalemate.machine.Rcu;
import io.stalemate.machine.RcuWait;
import io.stalemate.machine.Srcu;
import io.stalemate.machine.TaskState;
import io.stalemate.machine.WaitQueue;
import java.util.ArrayDeque;
import java.util.Deque;

/** What one waits for, where nobody else is: either it is over already, or it never will be. */
final class SequentialWaits {

  private SequentialWaits() {}

  /** SRCU: a grace period is over at once, unless the caller itself reads. */
  static final class SrcuDomain implements Srcu {
    private final AtomicDepth atomic;
    private final String name;
    // All sections have index 0: without a grace period to wait out, nobody flips it.
    private int readers;

    SrcuDomain(AtomicDepth atomic, String name) {
      this.atomic = atomic;
      this.name = name;
    }

    @Override
    public int readLock() {
      readers++;
      return 0;
    }

    @Override
    public void readUnlock(int index) {
      if (index != 0 || readers == 0) {
        throw new IllegalStateException(name + ": section " + index + " ends while " + readers + " are open");
      }
      readers--;
    }

    @Override
    public void synchronize() {
      atomic.mightSleep("synchronize_srcu(" + name + ")");
      if (readers > 0) {
        throw AtomicDepth.forEver("synchronize_srcu(" + name + ") inside a section");
      }
    }

    @Override
    public void assertReadHeld() {
      if (readers == 0) {
        throw new IllegalStateException(name + " is not read-locked");
      }
    }
  }

  /** RCU: callbacks run when the outermost section ends, at once outside any. */
  static final class KernelRcu implements Rcu {
    private final AtomicDepth atomic;
    private final Deque<Runnable> callbacks = new ArrayDeque<>();
    private int readers;

    KernelRcu(AtomicDepth atomic) {
      this.atomic = atomic;
    }

    @Override
    public void readLock() {
      readers++;
      atomic.enterAtomic();
    }

    @Override
    public void readUnlock() {
      if (readers == 0) {
        throw new IllegalStateException("rcu_read_unlock() without a section");
      }
      readers--;
      atomic.leaveAtomic("rcu_read_unlock()");
      run();
    }

    @Override
    public void synchronize() {
      atomic.mightSleep("synchronize_rcu()");
    }

    @Override
    public void call(Runnable callback) {
      callbacks.addLast(callback);
      run();
    }

    private void run() {
      while (readers == 0 && !callbacks.isEmpty()) {
        atomic.enterAtomic();
        callbacks.removeFirst().run();
        atomic.leaveAtomic("RCU callback");
      }
    }
  }

  /** A wait queue of at most the one thread. */
  static final class Queue implements WaitQueue {
    private final SequentialMachine machine;

    Queue(SequentialMachine machine) {
      this.machine = machine;
    }

    @Override
    public void prepare(TaskState state) {
      machine.setCurrentState(state);
    }

    @Override
    public void finish() {
      machine.setCurrentState(TaskState.RUNNING);
    }

    @Override
    public void wakeUp() {
      machine.setCurrentState(TaskState.RUNNING);
    }

    @Override
    public void wakeUpAll() {
      wakeUp();
    }
  }

  /** An rcuwait of the one thread. */
  static final class OneWaiter implements RcuWait {
    private final SequentialMachine machine;

    OneWaiter(SequentialMachine machine) {
      this.machine = machine;
    }

    @Override
    public void prepare() {}

    @Override
    public void finish() {
      machine.setCurrentState(TaskState.RUNNING);
    }

    @Override
    public boolean wakeUp() {
      // Whoever wakes is awake.
      machine.setCurrentState(TaskState.RUNNING);
      return false;
    }
  }

  /** A completion. */
  static final class Done implements Completion {
    private final String name;
    private int done;

    Done(String name) {
      this.name = name;
    }

    @Override
    public void waitFor() {
      if (done == 0) {
        throw AtomicDepth.forEver("wait_for_completion(" + name + ")");
      }
      done -= done == Integer.MAX_VALUE ? 0 : 1;
    }

    @Override
    public void complete() {
      done += done == Integer.MAX_VALUE ? 0 : 1;
    }

    @Override
    public void completeAll() {
      done = Integer.MAX_VALUE;
    }
  }

  /** Interrupts: sent ones stay pending until their CPU, which the one thread also is, takes them. */
  static final class Interrupts implements Ipi {
    private final boolean[] pending;
    private final int[] off;

    Interrupts(int cpus) {
      pending = new boolean[cpus];
      off = new int[cpus];
    }

    @Override
    public void send(int cpu) {
      pending[cpu] = true;
    }

    @Override
    public void sendAndWait(int cpu) {
      if (off[cpu] > 0) {
        throw AtomicDepth.forEver("an interrupt to cpu " + cpu + ", which has them off,");
      }
      take(cpu);
    }

    @Override
    public boolean pending(int cpu) {
      return pending[cpu];
    }

    @Override
    public void take(int cpu) {
      pending[cpu] = false;
    }

    @Override
    public void irqsOff(int cpu) {
      off[cpu]++;
    }

    @Override
    public void irqsOn(int cpu) {
      if (off[cpu] == 0) {
        throw new IllegalStateException("interrupts of cpu " + cpu + " are on");
      }
      off[cpu]--;
    }
  }
}
