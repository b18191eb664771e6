package io.stalemate.report;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.ObjectKind;
import io.stalemate.trace.ObjectTable;
import io.stalemate.trace.Trace;
import java.util.Set;

/** Which events a reader wants to see of a run; the rest is folded unless asked for. */
final class Interest {

  /** The locks of the protocol, by lockdep class; others guard a few instructions and tell nothing. */
  private static final Set<String> LOCKS =
      Set.of("mmu_lock", "slots_lock", "slots_arch_lock", "mmap_lock", "mn_invalidate_lock");

  private Interest() {}

  /** Whether event {@code event} is worth a line even if no oracle points at it. */
  static boolean in(Trace trace, int event) {
    return switch (trace.op(event)) {
      case TRACE -> trace.point(event) != Tracepoint.PAGE_REF && trace.point(event) != Tracepoint.PT_REF;
      case SPIN_LOCK, SPIN_TRYLOCK, SPIN_UNLOCK, READ_LOCK, READ_UNLOCK, WRITE_LOCK, WRITE_UNLOCK, MUTEX_LOCK,
          MUTEX_TRYLOCK, MUTEX_UNLOCK, DOWN_READ, DOWN_READ_TRYLOCK, UP_READ, DOWN_WRITE, UP_WRITE, BLOCKED ->
          isProtocolLock(trace.objects(), trace.object(event));
      case SRCU_READ_LOCK, SRCU_READ_UNLOCK, SRCU_GP_START, SRCU_GP_END -> true;
      case TLBI_IPA, TLBI_IPA_LOCAL, TLBI_RANGE, TLBI_VMID, TLBI_ALL, DSB, INVEPT, TLB_FILL -> true;
      case GUEST_LOAD, GUEST_STORE, GUEST_FETCH, GUEST_LOAD_TAGS, GUEST_STORE_TAGS -> true;
      case PAGE_FREE, RETRYING, WARN, SCHEDULE, WAKE_UP -> true;
      case READ, WRITE, READ_ONCE, WRITE_ONCE, LOAD_ACQUIRE, STORE_RELEASE, CMPXCHG, XCHG, FETCH_ADD, FETCH_OR,
          FETCH_AND, SMP_RMB, SMP_WMB, SMP_MB, WRITE_LOCK_QUEUED, LOCK_NEEDBREAK, DOWN_WRITE_QUEUED, RCU_READ_LOCK,
          RCU_READ_UNLOCK, RCU_GP_START, RCU_GP_END, RCU_CALL, RCU_CALLBACK, SET_STATE, WAIT_PREPARE, WAIT_FINISH,
          COMPLETE, WAIT_COMPLETION, DSB_ISHST, TLB_MISS, TLB_DENIED, WALK_BEGIN, WALK_FAULT, WALK_AGAIN, IPI_SEND,
          IPI_WAIT, IPI_TAKE, PAGE_ALLOC, PAGE_CLEAR, PAGE_COPY, ASSERT_HELD, PREEMPT_OFF, PREEMPT_ON, IRQS,
          MIGHT_SLEEP, LOCKDEP_ACQUIRE, LOCKDEP_RELEASE, LOCKDEP_WAIT, TASK_END -> false;
    };
  }

  private static boolean isProtocolLock(ObjectTable objects, int object) {
    return objects.kind(object) == ObjectKind.SRCU || LOCKS.contains(objects.baseName(object));
  }
}
