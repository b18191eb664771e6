package io.stalemate.linux.kvm;

import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.TaskState;
import io.stalemate.machine.WaitQueue;
import io.stalemate.machine.Word;

/**
 * A workqueue with one worker: works run one after the other, in order. A work is named by the frame it lies in.
 * Follows {@code kernel/workqueue.c}.
 */
final class Workqueue {

  private static final int HEAD = 0;
  private static final int LIST_WORDS = 2;

  private final Machine m;
  /** {@code pool->lock}: guards the list and what the worker is at. A leaf. */
  private final Spinlock lock;
  private final WorkList worklist;
  // worker->current_work: 0 while it is idle.
  private final Word currentWork;
  private final Word dying;
  private final WaitQueue idle;
  private final WaitQueue barriers;

  /** An empty queue; works are linked by their word {@code link}. */
  Workqueue(Machine m, int link) {
    this.m = m;
    this.lock = m.spinlock("pool->lock");
    this.worklist = new WorkList(m, m.words("pool->worklist", LIST_WORDS), HEAD, link);
    this.currentWork = m.word("worker->current_work", 0);
    this.dying = m.word("worker->flags", 0);
    this.idle = m.waitQueue("pool->idle_list");
    this.barriers = m.waitQueue("wq_barrier");
  }

  /** Has the worker run {@code work}, which is not queued. */
  @KernelFunction(value = "queue_work", file = "kernel/workqueue.c", version = "v6.8-v6.12")
  void queueWork(long work) {
    lock.lock();
    worklist.addTail(work);
    lock.unlock();
    idle.wakeUp();
  }

  /** Sleeps until {@code work} neither waits nor runs. */
  @KernelFunction(value = "flush_work", file = "kernel/workqueue.c", version = "v6.8-v6.12",
      elided = "barrier works: whoever flushes looks again after each work")
  void flushWork(long work) {
    m.mightSleep();
    while (isBusy(work)) {
      barriers.prepare(TaskState.UNINTERRUPTIBLE);
      if (isBusy(work)) {
        m.schedule();
      }
      barriers.finish();
    }
  }

  /** Takes {@code work} out if it waits still, and else sleeps until it is done; yields whether it never ran. */
  @KernelFunction(value = "cancel_work_sync", file = "kernel/workqueue.c", version = "v6.8-v6.12")
  boolean cancelWorkSync(long work) {
    lock.lock();
    boolean pending = worklist.remove(work);
    lock.unlock();
    if (!pending) {
      flushWork(work);
    }
    return pending;
  }

  /** Yields the work that the calling worker is to run; 0 once there will be none. Sleeps. */
  @KernelFunction(value = "worker_thread", file = "kernel/workqueue.c", version = "v6.8-v6.12",
      elided = "pools of several workers")
  long nextWork() {
    while (true) {
      idle.prepare(TaskState.INTERRUPTIBLE);
      long work = take();
      boolean last = dying.readOnce() != 0;
      if (work == 0 && !last) {
        m.schedule();
      }
      idle.finish();
      if (work != 0 || last) {
        return work;
      }
    }
  }

  /** The worker is done with what {@link #nextWork} yielded, and touches it no more. */
  void workDone() {
    lock.lock();
    currentWork.write(0);
    lock.unlock();
    barriers.wakeUpAll();
  }

  /** No more works come: the worker ends. */
  void stop() {
    dying.writeOnce(1);
    idle.wakeUp();
  }

  private long take() {
    lock.lock();
    long work = worklist.first();
    if (work != 0) {
      worklist.remove(work);
      currentWork.write(work);
    }
    lock.unlock();
    return work;
  }

  private boolean isBusy(long work) {
    lock.lock();
    boolean busy = currentWork.read() == work;
    for (long at = worklist.first(); at != 0 && !busy; at = worklist.next(at)) {
      busy = at == work;
    }
    lock.unlock();
    return busy;
  }
}
