package io.stalemate.jvm;

import io.stalemate.machine.TaskState;
import java.util.concurrent.locks.LockSupport;

/** The threads that run kernel text: whether each sleeps. */
final class NativeTasks {

  private final ThreadLocal<NativeTask> current = ThreadLocal.withInitial(() -> new NativeTask(Thread.currentThread()));

  /** A thread in kernel text. */
  static final class NativeTask {
    private final Thread thread;
    private volatile TaskState state = TaskState.RUNNING;

    NativeTask(Thread thread) {
      this.thread = thread;
    }

    /** {@code wake_up_process()}: yields whether the task was asleep or about to sleep. */
    boolean wake() {
      if (state == TaskState.RUNNING) {
        return false;
      }
      state = TaskState.RUNNING;
      LockSupport.unpark(thread);
      return true;
    }
  }

  NativeTask current() {
    return current.get();
  }

  /** {@code set_current_state()}: a volatile store, which is a store with a full barrier after it. */
  void setCurrentState(TaskState state) {
    current().state = state;
  }

  /** Sleeps until the caller's state is running again. */
  void schedule() {
    NativeTask task = current();
    while (task.state != TaskState.RUNNING) {
      LockSupport.park(this);
      if (Thread.interrupted()) {
        throw new IllegalStateException(task.thread.getName() + " interrupted while it sleeps");
      }
    }
  }
}
