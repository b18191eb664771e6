package io.stalemate.jvm;

import io.stalemate.machine.TaskState;
import io.stalemate.machine.WaitQueue;
import java.util.LinkedHashSet;
import java.util.Set;

/** A queue of tasks under its own lock. */
final class NativeWaitQueue implements WaitQueue {

  private final NativeTasks tasks;
  // Guarded by itself. Insertion order is the order of joining.
  private final Set<NativeTasks.NativeTask> waiters = new LinkedHashSet<>();

  NativeWaitQueue(NativeTasks tasks) {
    this.tasks = tasks;
  }

  @Override
  public void prepare(TaskState state) {
    synchronized (waiters) {
      waiters.add(tasks.current());
    }
    tasks.setCurrentState(state);
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
        waiters.iterator().next().wake();
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
