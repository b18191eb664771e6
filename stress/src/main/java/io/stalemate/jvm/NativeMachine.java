package io.stalemate.jvm;

import io.stalemate.machine.Completion;
import io.stalemate.machine.Ipi;
import io.stalemate.machine.LockdepMap;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Mutex;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Pages;
import io.stalemate.machine.Rcu;
import io.stalemate.machine.RcuWait;
import io.stalemate.machine.RwSemaphore;
import io.stalemate.machine.Rwlock;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Srcu;
import io.stalemate.machine.TaskState;
import io.stalemate.machine.Tlb;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.WaitQueue;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * The kernel's primitives on threads of this JVM. Kernel text runs on it unchanged, on as many threads as there are
 * tasks; who runs next is the operating system's business, so nothing is reproducible.
 *
 * <p>Misuse that the simulator's lockdep reports (a lock taken again by its holder, an unlock by another thread) is an
 * {@link IllegalStateException} here; lock order and atomic context are not watched.
 *
 * <p>Not final: litmus tests leave a barrier out, to see that it is needed.
 */
public class NativeMachine implements Machine {

  private final NativeTasks tasks = new NativeTasks();
  private final NativeRcu rcu;
  private final NativePages pages = new NativePages();
  private final NativeTlb tlb;
  private final NativeIpi ipi;
  // Guarded by itself.
  private final List<String> warnings = new ArrayList<>();

  /** A machine with {@code cpus} CPUs, each with a TLB and interrupts, and a thread for RCU callbacks. */
  public NativeMachine(int cpus) {
    this(cpus, RcuCallbacks.ON_A_THREAD);
  }

  /** As above; {@code callbacks} says who runs what {@code call_rcu()} queues. */
  public NativeMachine(int cpus, RcuCallbacks callbacks) {
    this.rcu = new NativeRcu(callbacks);
    this.tlb = new NativeTlb(pages, tasks, cpus);
    this.ipi = new NativeIpi(cpus);
  }

  /** What {@link #warnOn} warned of so far. */
  public List<String> warnings() {
    synchronized (warnings) {
      return List.copyOf(warnings);
    }
  }

  /** The {@code nth} allocation (from 1) for {@code use} from now on yields {@link Pages#NO_PAGE}. */
  public void failAllocation(PageUse use, int nth) {
    pages.fail(use, nth);
  }

  /** {@code rcu_barrier()}: waits for every RCU callback queued so far; an exception of one is thrown here. */
  public void rcuBarrier() {
    rcu.barrier();
  }

  @Override
  public Word word(String name, long initial) {
    return new NativeWord(initial);
  }

  @Override
  public Word word(String name, long key, long initial) {
    return new NativeWord(initial);
  }

  @Override
  public WordArray words(String name, int count) {
    return new NativeWordArray(count, 0);
  }

  @Override
  public void smpRmb() {
    VarHandle.loadLoadFence();
  }

  @Override
  public void smpWmb() {
    VarHandle.storeStoreFence();
  }

  @Override
  public void smpMb() {
    VarHandle.fullFence();
  }

  @Override
  public Spinlock spinlock(String name) {
    return new NativeSpinlock(name);
  }

  @Override
  public Rwlock rwlock(String name) {
    return new NativeRwlock(name);
  }

  @Override
  public Mutex mutex(String name) {
    return new NativeMutex(name);
  }

  @Override
  public RwSemaphore rwSemaphore(String name) {
    return new NativeRwSemaphore(name);
  }

  @Override
  public Srcu srcu(String name) {
    return new NativeSrcu(name);
  }

  @Override
  public Rcu rcu() {
    return rcu;
  }

  @Override
  public WaitQueue waitQueue(String name) {
    return new NativeWaitQueue(tasks);
  }

  @Override
  public RcuWait rcuWait(String name) {
    return new NativeRcuWait(name, tasks);
  }

  @Override
  public Completion completion(String name) {
    return new NativeCompletion();
  }

  @Override
  public LockdepMap lockdepMap(String name) {
    return new NativeLockdepMap();
  }

  @Override
  public Pages pages() {
    return pages;
  }

  @Override
  public Tlb tlb() {
    return tlb;
  }

  @Override
  public Ipi ipi() {
    return ipi;
  }

  @Override
  public void setCurrentState(TaskState state) {
    tasks.setCurrentState(state);
  }

  @Override
  public void schedule() {
    tasks.schedule();
  }

  @Override
  public void preemptDisable() {}

  @Override
  public void preemptEnable() {}

  @Override
  public void mightSleep() {}

  @Override
  public void retrying() {
    Thread.yield();
  }

  @Override
  public boolean warnOn(boolean condition, String what) {
    if (condition) {
      synchronized (warnings) {
        warnings.add(what);
      }
    }
    return condition;
  }

  @Override
  public void trace(Tracepoint point, long a, long b, long c, long d) {}
}
