package io.stalemate.jvm;

import io.stalemate.machine.TaskState;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/** The threads that run kernel text: whether each sleeps, and what its last access through a TLB came to. */
final class NativeTasks {

  private static final NativeTask[] NONE = {};

  // Copied when a thread comes that is new here, under the monitor of this.
  private volatile NativeTask[] tasks = NONE;

  /** A thread in kernel text. */
  static final class NativeTask {
    private final Thread thread;
    private final AtomicReference<TaskState> state = new AtomicReference<>(TaskState.RUNNING);
    // Read and written by the thread alone.
    long loaded;
    int deniedLevel;

    NativeTask(Thread thread) {
      this.thread = thread;
    }

    /** {@code wake_up_process()}: yields whether it was this call that ended, or prevented, the task's sleep. */
    boolean wake() {
      TaskState slept = state.get();
      if (slept == TaskState.RUNNING || !state.compareAndSet(slept, TaskState.RUNNING)) {
        return false;
      }
      LockSupport.unpark(thread);
      return true;
    }
  }

  /** Yields the calling thread's task. */
  NativeTask current() {
    Thread caller = Thread.currentThread();
    NativeTask[] all = tasks;
    for (int i = 0; i < all.length; i++) {
      if (all[i].thread == caller) {
        return all[i];
      }
    }
    return join(new NativeTask(caller));
  }

  private synchronized NativeTask join(NativeTask task) {
    NativeTask[] more = Arrays.copyOf(tasks, tasks.length + 1);
    more[tasks.length] = task;
    tasks = more;
    return task;
  }

  /**
   * {@code set_current_state()}: a store with a full barrier after it, so that the caller's test of its condition comes
   * later. Pairs with the barrier of who changes the condition and wakes up.
   */
  void setCurrentState(TaskState state) {
    current().state.set(state);
    VarHandle.fullFence();
  }

  /** Sleeps until the caller's state is running again. */
  void schedule() {
    NativeTask task = current();
    while (task.state.get() != TaskState.RUNNING) {
      LockSupport.park(this);
      if (Thread.interrupted()) {
        throw new IllegalStateException(task.thread.getName() + " interrupted while it sleeps");
      }
    }
  }
}
