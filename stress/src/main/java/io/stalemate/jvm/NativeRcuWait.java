package io.stalemate.jvm;

import io.stalemate.machine.RcuWait;
import io.stalemate.machine.TaskState;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicReference;

/** At most one waiter, published in a reference; woken by its state and an unpark. */
final class NativeRcuWait implements RcuWait {

  private final String name;
  private final NativeTasks tasks;
  private final AtomicReference<NativeTasks.NativeTask> task = new AtomicReference<>();

  NativeRcuWait(String name, NativeTasks tasks) {
    this.name = name;
    this.tasks = tasks;
  }

  @Override
  public void prepare() {
    Misuse.check(task.compareAndSet(null, tasks.current()), name, "a second waiter");
  }

  @Override
  public void finish() {
    Misuse.check(task.compareAndSet(tasks.current(), null), name, "finished by who does not wait");
    tasks.setCurrentState(TaskState.RUNNING);
  }

  @Override
  public boolean wakeUp() {
    // What the caller stored before, the waiter's test sees, or else this sees the waiter. Pairs with the barrier after
    // the waiter's store of its state.
    VarHandle.fullFence();
    NativeTasks.NativeTask waiter = task.get();
    return waiter != null && waiter.wake();
  }
}
