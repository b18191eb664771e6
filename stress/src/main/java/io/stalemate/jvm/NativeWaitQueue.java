package io.stalemate.jvm;

import io.stalemate.machine.TaskState;
import io.stalemate.machine.WaitQueue;
import java.util.ArrayList;
import java.util.List;

/** A queue of tasks under its own lock. */
final class NativeWaitQueue implements WaitQueue {

  private final NativeTasks tasks;
  // Guarded by itself, in the order of joining.
  private final List<NativeTasks.NativeTask> waiters = new ArrayList<>();

  NativeWaitQueue(NativeTasks tasks) {
    this.tasks = tasks;
  }

  @Override
  public void prepare(TaskState state) {
    NativeTasks.NativeTask task = tasks.current();
    synchronized (waiters) {
      if (!waiters.contains(task)) {
        waiters.add(task);
      }
      // Inside, so that who wakes up sees state and place together.
      tasks.setCurrentState(state);
    }
  }

  @Override
  public void finish() {
    tasks.setCurrentState(TaskState.RUNNING);
    synchronized (waiters) {
      waiters.remove(tasks.current());
    }
  }

  @Override
  public void wakeUp() {
    synchronized (waiters) {
      if (!waiters.isEmpty()) {
        waiters.getFirst().wake();
      }
    }
  }

  @Override
  public void wakeUpAll() {
    synchronized (waiters) {
      waiters.forEach(NativeTasks.NativeTask::wake);
    }
  }
}
