package io.stalemate.trace;

import io.stalemate.machine.Tracepoint;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How an operation is written: the kernel's word for it, and what its arguments are called.
 *
 * @param verb one word; no two operations share it
 * @param shape how object and arguments follow
 * @param arguments names of a, b, c, d in order, {@code "-"} for one that is not used; those not listed are not used
 */
record OpForm(String verb, Shape shape, List<String> arguments) {

  /** How the rest of the line looks. */
  enum Shape {
    /** {@code verb object = a}. */
    VALUE,
    /** {@code verb object a -> b}. */
    CHANGE,
    /** {@code verb object name=a name=b}. */
    NAMED
  }

  /** In {@link #arguments}: not used. */
  static final String UNUSED = "-";

  private static final List<OpForm> BY_CODE = Arrays.stream(Op.values()).map(OpForm::make).toList();
  private static final Map<String, Op> BY_VERB =
      Arrays.stream(Op.values()).collect(Collectors.toUnmodifiableMap(op -> of(op).verb, op -> op));
  private static final Map<String, Tracepoint> BY_KERNEL_NAME =
      Arrays.stream(Tracepoint.values()).collect(Collectors.toUnmodifiableMap(Tracepoint::kernelName, p -> p));

  /** Yields the form of {@code op}. */
  static OpForm of(Op op) {
    return BY_CODE.get(op.ordinal());
  }

  /** Yields the operation written as {@code verb}, if there is one. */
  static @Nullable Op byVerb(String verb) {
    return BY_VERB.get(verb);
  }

  /** Yields the tracepoint of that name, if there is one. */
  static @Nullable Tracepoint byKernelName(String name) {
    return BY_KERNEL_NAME.get(name);
  }

  private static OpForm value(String verb) {
    return new OpForm(verb, Shape.VALUE, List.of());
  }

  private static OpForm change(String verb) {
    return new OpForm(verb, Shape.CHANGE, List.of());
  }

  private static OpForm named(String verb, String... arguments) {
    return new OpForm(verb, Shape.NAMED, List.of(arguments));
  }

  private static OpForm make(Op op) {
    return switch (op) {
      case READ -> value("read");
      case WRITE -> value("write");
      case READ_ONCE -> value("READ_ONCE");
      case WRITE_ONCE -> value("WRITE_ONCE");
      case LOAD_ACQUIRE -> value("smp_load_acquire");
      case STORE_RELEASE -> value("smp_store_release");
      case CMPXCHG -> change("cmpxchg");
      case XCHG -> change("xchg");
      case FETCH_ADD -> change("atomic_fetch_add");
      case FETCH_OR -> change("atomic_fetch_or");
      case FETCH_AND -> change("atomic_fetch_and");
      case SMP_RMB -> named("smp_rmb");
      case SMP_WMB -> named("smp_wmb");
      case SMP_MB -> named("smp_mb");
      case SPIN_LOCK -> named("spin_lock");
      case SPIN_TRYLOCK -> named("spin_trylock", "taken");
      case SPIN_UNLOCK -> named("spin_unlock");
      case READ_LOCK -> named("read_lock");
      case READ_UNLOCK -> named("read_unlock");
      case WRITE_LOCK_QUEUED -> named("write_lock_queued");
      case WRITE_LOCK -> named("write_lock");
      case WRITE_UNLOCK -> named("write_unlock");
      case LOCK_NEEDBREAK -> named("rwlock_needbreak", "contended");
      case MUTEX_LOCK -> named("mutex_lock");
      case MUTEX_TRYLOCK -> named("mutex_trylock", "taken");
      case MUTEX_UNLOCK -> named("mutex_unlock");
      case DOWN_READ -> named("down_read");
      case DOWN_READ_TRYLOCK -> named("down_read_trylock", "taken");
      case UP_READ -> named("up_read");
      case DOWN_WRITE_QUEUED -> named("down_write_queued");
      case DOWN_WRITE -> named("down_write");
      case UP_WRITE -> named("up_write");
      case SRCU_READ_LOCK -> named("srcu_read_lock", "idx");
      case SRCU_READ_UNLOCK -> named("srcu_read_unlock", "idx");
      case SRCU_GP_START -> named("synchronize_srcu", "readers");
      case SRCU_GP_END -> named("synchronize_srcu_done");
      case RCU_READ_LOCK -> named("rcu_read_lock");
      case RCU_READ_UNLOCK -> named("rcu_read_unlock");
      case RCU_GP_START -> named("synchronize_rcu", "readers");
      case RCU_GP_END -> named("synchronize_rcu_done");
      case RCU_CALL -> named("call_rcu", "readers");
      case RCU_CALLBACK -> named("rcu_callback");
      case SET_STATE -> named("set_current_state", "state");
      case SCHEDULE -> named("schedule");
      case WAIT_PREPARE -> named("prepare_to_wait", "state");
      case WAIT_FINISH -> named("finish_wait");
      case WAKE_UP -> named("wake_up", "woken");
      case COMPLETE -> named("complete", "woken");
      case WAIT_COMPLETION -> named("wait_for_completion");
      case TLBI_IPA -> named("tlbi_ipas2e1is", "vmid", "ipa", "level");
      case TLBI_IPA_LOCAL -> named("tlbi_ipas2e1", "vmid", "ipa", "level", "cpu");
      case TLBI_RANGE -> named("tlbi_ripas2e1is", "vmid", "ipa", "pages");
      case TLBI_VMID -> named("tlbi_vmalls12e1is", "vmid");
      case TLBI_ALL -> named("tlbi_alle1is");
      case DSB_ISHST -> named("dsb_ishst");
      case DSB -> named("dsb_ish");
      case INVEPT -> named("invept", "root", "cpu");
      case GUEST_LOAD -> named("guest_load", "gfn", "pfn", "token", "cpu");
      case GUEST_STORE -> named("guest_store", "gfn", "pfn", "token", "cpu");
      case GUEST_FETCH -> named("guest_fetch", "gfn", "pfn", "token", "cpu");
      case GUEST_LOAD_TAGS -> named("guest_load_tags", "gfn", "pfn", "token", "cpu");
      case GUEST_STORE_TAGS -> named("guest_store_tags", "gfn", "pfn", "token", "cpu");
      case TLB_MISS -> named("tlb_miss", "gfn", "access", UNUSED, "cpu");
      case TLB_DENIED -> named("tlb_denied", "gfn", "access", UNUSED, "cpu");
      case WALK_BEGIN -> named("walk_begin", "gfn", UNUSED, UNUSED, "cpu");
      case TLB_FILL -> named("tlb_fill", "gfn", "pfn", "pages", "packed");
      case WALK_FAULT -> named("walk_fault", "gfn", UNUSED, UNUSED, "cpu");
      case WALK_AGAIN -> named("walk_again", "gfn", UNUSED, UNUSED, "cpu");
      case IPI_SEND -> named("ipi_send", "cpu", "pending");
      case IPI_WAIT -> named("ipi_wait", "cpu");
      case IPI_TAKE -> named("ipi_take", "cpu");
      case PAGE_ALLOC -> named("alloc_page", "pfn", "use", "words", "generation");
      case PAGE_FREE -> named("free_page", "pfn", "use", UNUSED, "generation");
      case PAGE_CLEAR -> named("clear_page", "pfn", "token");
      case PAGE_COPY -> named("copy_page", "to", "from", "token");
      case RETRYING -> named("retry");
      case BLOCKED -> named("blocked", "op");
      case ASSERT_HELD -> named("lockdep_assert_held", "mode");
      case PREEMPT_OFF -> named("preempt_disable");
      case PREEMPT_ON -> named("preempt_enable");
      case IRQS -> named("irqs", "off", "cpu");
      case MIGHT_SLEEP -> named("might_sleep");
      case WARN -> named("WARN_ON", "text");
      case LOCKDEP_ACQUIRE -> named("lock_map_acquire");
      case LOCKDEP_RELEASE -> named("lock_map_release");
      case LOCKDEP_WAIT -> named("lock_map_wait");
      case TRACE -> named("trace");
      case TASK_END -> named("exit");
    };
  }
}
