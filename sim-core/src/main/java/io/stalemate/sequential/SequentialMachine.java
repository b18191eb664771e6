package io.stalemate.sequential;

import io.stalemate.machine.Completion;
import io.stalemate.machine.Ipi;
import io.stalemate.machine.LockdepMap;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Mutex;
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
import java.util.ArrayList;
import java.util.List;

/**
 * The machine for one thread, which acts for every CPU and every task. Warnings are kept; tracepoints go nowhere unless
 * a subclass listens.
 */
public class SequentialMachine implements Machine {

  private final AtomicDepth atomic = new AtomicDepth();
  private final SequentialPages pages = new SequentialPages(atomic);
  private final SequentialWaits.KernelRcu rcu = new SequentialWaits.KernelRcu(atomic);
  private final List<String> warnings = new ArrayList<>();
  private final SequentialTlb tlb;
  private final Ipi ipi;
  private TaskState state = TaskState.RUNNING;

  /** A machine of {@code cpus} CPUs. */
  public SequentialMachine(int cpus) {
    tlb = new SequentialTlb(pages, cpus);
    ipi = new SequentialWaits.Interrupts(cpus);
  }

  /** What {@link #warnOn} said so far. */
  public List<String> warnings() {
    return List.copyOf(warnings);
  }

  @Override
  public Word word(String name, long initial) {
    return SequentialWord.of(initial);
  }

  @Override
  public Word word(String name, long key, long initial) {
    return SequentialWord.of(initial);
  }

  @Override
  public WordArray words(String name, int count) {
    return new SequentialWordArray(count, 0);
  }

  @Override
  public void smpRmb() {}

  @Override
  public void smpWmb() {}

  @Override
  public void smpMb() {}

  @Override
  public Spinlock spinlock(String name) {
    return new SequentialLocks.Spin(atomic, name);
  }

  @Override
  public Rwlock rwlock(String name) {
    return new SequentialLocks.ReadWrite(atomic, name);
  }

  @Override
  public Mutex mutex(String name) {
    return new SequentialLocks.Sleeping(atomic, name);
  }

  @Override
  public RwSemaphore rwSemaphore(String name) {
    return new SequentialLocks.Semaphore(atomic, name);
  }

  @Override
  public Srcu srcu(String name) {
    return new SequentialWaits.SrcuDomain(atomic, name);
  }

  @Override
  public Rcu rcu() {
    return rcu;
  }

  @Override
  public WaitQueue waitQueue(String name) {
    return new SequentialWaits.Queue(this);
  }

  @Override
  public RcuWait rcuWait(String name) {
    return new SequentialWaits.OneWaiter(this);
  }

  @Override
  public Completion completion(String name) {
    return new SequentialWaits.Done(name);
  }

  @Override
  public LockdepMap lockdepMap(String name) {
    return new SequentialLocks.Dependency(atomic, name);
  }

  @Override
  public SequentialPages pages() {
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
  public void setCurrentState(TaskState newState) {
    state = newState;
  }

  @Override
  public void schedule() {
    atomic.mightSleep("schedule()");
    if (state != TaskState.RUNNING) {
      throw AtomicDepth.forEver("schedule() in state " + state);
    }
  }

  @Override
  public void preemptDisable() {
    atomic.enterAtomic();
  }

  @Override
  public void preemptEnable() {
    atomic.leaveAtomic("preempt_enable()");
  }

  @Override
  public void mightSleep() {
    atomic.mightSleep("might_sleep()");
  }

  @Override
  public void retrying() {}

  @Override
  public boolean warnOn(boolean condition, String what) {
    if (condition) {
      warnings.add(what);
    }
    return condition;
  }

  @Override
  public void trace(Tracepoint point, long a, long b, long c, long d) {}
}
