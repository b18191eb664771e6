package io.stalemate.machine;

/**
 * The kernel's primitives. Kernel text is written against this interface alone; see the package for the bindings.
 *
 * <p>Every object made here bears the kernel's name for it, which is what traces print. Objects are made while a VM is
 * set up or by kernel text as it runs; making one is no shared operation.
 */
public interface Machine {

  /** A shared word that starts at {@code initial}. */
  Word word(String name, long initial);

  /** A shared word that starts at 0 and is one of many: prints as {@code name[key]}. */
  Word word(String name, long key, long initial);

  /** {@code count} shared words that start at 0, printed as {@code name[index]}. */
  WordArray words(String name, int count);

  /** {@code smp_rmb()}: orders marked loads before it against loads after it. */
  void smpRmb();

  /** {@code smp_wmb()}: orders stores before it against marked stores after it. */
  void smpWmb();

  /** {@code smp_mb()}: orders everything before it against everything after it. */
  void smpMb();

  /** A spinlock; locks of one name are one lockdep class. */
  Spinlock spinlock(String name);

  /** A reader-writer spinlock. */
  Rwlock rwlock(String name);

  /** A mutex. */
  Mutex mutex(String name);

  /** A reader-writer semaphore. */
  RwSemaphore rwSemaphore(String name);

  /** An SRCU domain. */
  Srcu srcu(String name);

  /** The kernel's RCU; one per world. */
  Rcu rcu();

  /** A wait queue. */
  WaitQueue waitQueue(String name);

  /** An rcuwait. */
  RcuWait rcuWait(String name);

  /** A completion. */
  Completion completion(String name);

  /** A lockdep dependency that is no lock. */
  LockdepMap lockdepMap(String name);

  /** The page allocator. */
  Pages pages();

  /** The TLBs. */
  Tlb tlb();

  /** Interrupts between CPUs. */
  Ipi ipi();

  /** {@code set_current_state()}: a store with a full barrier after it. */
  void setCurrentState(TaskState state);

  /** {@code schedule()}: returns once the caller's state is {@link TaskState#RUNNING}. Not in atomic context. */
  void schedule();

  /** {@code preempt_disable()}: the caller is in atomic context until {@link #preemptEnable}; nests. */
  void preemptDisable();

  /** {@code preempt_enable()}. */
  void preemptEnable();

  /** {@code might_sleep()}: what follows may sleep; lockdep checks the context. Never a scheduling point. */
  void mightSleep();

  /**
   * The caller is about to try again something that did not work out ({@code cond_resched()} in a retry loop, or a
   * guest that re-executes a faulting access). A scheduling point and a hint: a fair strategy lets others run first.
   */
  void retrying();

  /** {@code WARN_ON()}: yields {@code condition}; if it holds, oracles report it. {@code what} is a constant text. */
  boolean warnOn(boolean condition, String what);

  /** A tracepoint: an event with four arguments, never a scheduling point. Arguments not named are 0. */
  void trace(Tracepoint point, long a, long b, long c, long d);

  /** A tracepoint with two arguments. */
  default void trace(Tracepoint point, long a, long b) {
    trace(point, a, b, 0, 0);
  }
}
