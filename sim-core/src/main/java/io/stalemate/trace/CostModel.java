package io.stalemate.trace;

/**
 * What each operation takes in virtual nanoseconds: round figures for a server core of today, good for reading a trace
 * and for nothing else. Virtual time is their sum over the events of a run, as if one CPU performed them all.
 *
 * <p>Event lines carry these times, so a change here is a change of the text form: raise {@link TraceText#VERSION}.
 */
public final class CostModel {

  private static final long UNCONTENDED_LINE = 2;
  private static final long ATOMIC = 8;
  private static final long SHARED_LINE = 20;
  private static final long TLB_BROADCAST = 150;
  private static final long WALK = 40;
  private static final long PAGE = 250;
  private static final long WAKE = 1_000;
  private static final long GRACE_PERIOD = 10_000;

  private CostModel() {}

  /** Yields the cost of {@code op} in virtual nanoseconds; 0 for what only the model's bookkeeping sees. */
  public static long nanos(Op op) {
    return switch (op) {
      case READ, WRITE, READ_ONCE, WRITE_ONCE, LOAD_ACQUIRE, STORE_RELEASE -> UNCONTENDED_LINE;
      case CMPXCHG, XCHG, FETCH_ADD, FETCH_OR, FETCH_AND, SMP_RMB, SMP_WMB, SMP_MB -> ATOMIC;
      case SPIN_LOCK, SPIN_TRYLOCK, SPIN_UNLOCK, READ_LOCK, READ_UNLOCK, WRITE_LOCK, WRITE_UNLOCK, MUTEX_LOCK,
          MUTEX_TRYLOCK, MUTEX_UNLOCK, DOWN_READ, DOWN_READ_TRYLOCK, UP_READ, DOWN_WRITE, UP_WRITE -> SHARED_LINE;
      case WRITE_LOCK_QUEUED, DOWN_WRITE_QUEUED -> SHARED_LINE;
      case LOCK_NEEDBREAK -> UNCONTENDED_LINE;
      case SRCU_READ_LOCK, SRCU_READ_UNLOCK, RCU_READ_LOCK, RCU_READ_UNLOCK, RCU_CALL -> ATOMIC;
      case SRCU_GP_START, RCU_GP_START -> SHARED_LINE;
      case SRCU_GP_END, RCU_GP_END, RCU_CALLBACK -> GRACE_PERIOD;
      case SET_STATE -> ATOMIC;
      case SCHEDULE, WAKE_UP, COMPLETE, WAIT_COMPLETION -> WAKE;
      case WAIT_PREPARE, WAIT_FINISH -> SHARED_LINE;
      case TLBI_IPA, TLBI_RANGE, TLBI_VMID, TLBI_ALL, DSB, INVEPT -> TLB_BROADCAST;
      case TLBI_IPA_LOCAL, DSB_ISHST -> SHARED_LINE;
      case GUEST_LOAD, GUEST_STORE, GUEST_FETCH, GUEST_LOAD_TAGS, GUEST_STORE_TAGS, TLB_MISS, TLB_DENIED ->
          UNCONTENDED_LINE;
      case WALK_BEGIN, TLB_FILL, WALK_FAULT, WALK_AGAIN -> WALK;
      case IPI_SEND, IPI_WAIT, IPI_TAKE -> WAKE;
      case PAGE_ALLOC, PAGE_FREE, PAGE_CLEAR, PAGE_COPY -> PAGE;
      case RETRYING -> SHARED_LINE;
      case BLOCKED, ASSERT_HELD, PREEMPT_OFF, PREEMPT_ON, IRQS, MIGHT_SLEEP, WARN, LOCKDEP_ACQUIRE, LOCKDEP_RELEASE,
          LOCKDEP_WAIT, TRACE, TASK_END -> 0;
    };
  }
}
