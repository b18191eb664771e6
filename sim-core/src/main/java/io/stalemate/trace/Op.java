package io.stalemate.trace;

/**
 * The operations a task can perform; each is one event. An operation that is a <em>choice</em> is announced first, and
 * the strategy decides which task's announced operation happens next; the others happen with no switch before them.
 *
 * <p>The comment after each group says what the event's arguments {@code a b c d} hold. The ordinal is the opcode.
 */
public enum Op {
  // Shared words: a = value loaded or stored; read-modify-writes: a = value before, b = value after.
  READ(false),
  WRITE(false),
  READ_ONCE(true),
  WRITE_ONCE(true),
  LOAD_ACQUIRE(true),
  STORE_RELEASE(true),
  CMPXCHG(true),
  XCHG(true),
  FETCH_ADD(true),
  FETCH_OR(true),
  FETCH_AND(true),

  // Barriers: no arguments.
  SMP_RMB(true),
  SMP_WMB(true),
  SMP_MB(true),

  // Locks: the object is the lock; try-locks: a = 1 if it was taken. *_QUEUED: a writer starts to wait.
  SPIN_LOCK(true),
  SPIN_TRYLOCK(true),
  SPIN_UNLOCK(true),
  READ_LOCK(true),
  READ_UNLOCK(true),
  WRITE_LOCK_QUEUED(true),
  WRITE_LOCK(true),
  WRITE_UNLOCK(true),
  LOCK_NEEDBREAK(true),
  MUTEX_LOCK(true),
  MUTEX_TRYLOCK(true),
  MUTEX_UNLOCK(true),
  DOWN_READ(true),
  DOWN_READ_TRYLOCK(true),
  UP_READ(true),
  DOWN_WRITE_QUEUED(true),
  DOWN_WRITE(true),
  UP_WRITE(true),

  // SRCU and RCU: the object is the domain; read sections: a = index.
  SRCU_READ_LOCK(true),
  SRCU_READ_UNLOCK(true),
  SRCU_GP_START(true),
  SRCU_GP_END(true),
  RCU_READ_LOCK(true),
  RCU_READ_UNLOCK(true),
  RCU_GP_START(true),
  RCU_GP_END(true),
  RCU_CALL(true),
  RCU_CALLBACK(true),

  // Sleeping: SET_STATE a = ordinal of TaskState; wake-ups: a = mask of the tasks made runnable.
  SET_STATE(true),
  SCHEDULE(true),
  WAIT_PREPARE(true),
  WAIT_FINISH(true),
  WAKE_UP(true),
  COMPLETE(true),
  WAIT_COMPLETION(true),

  // TLB maintenance: a = vmid, b = ipa, c = level or number of pages, d = cpu of a local one. INVEPT: a = root pfn, or
  // -1 for all, b = cpu.
  TLBI_IPA(true),
  TLBI_IPA_LOCAL(true),
  TLBI_RANGE(true),
  TLBI_VMID(true),
  TLBI_ALL(true),
  DSB_ISHST(true),
  DSB(true),
  INVEPT(true),

  // Guest accesses that hit: the object is the page's data word, a = gfn, b = pfn, c = token, d = cpu.
  GUEST_LOAD(true),
  GUEST_STORE(true),
  GUEST_FETCH(true),
  // The same on tags: the object is the tag word of the granules touched.
  GUEST_LOAD_TAGS(true),
  GUEST_STORE_TAGS(true),
  // Lookups that do not: a = gfn, b = ordinal of Access, d = cpu.
  TLB_MISS(true),
  TLB_DENIED(true),
  // Hardware walks: a = gfn, d = cpu. TLB_FILL: a = first gfn, b = first pfn, c = pages,
  // d = cpu | vmid << 16 | level << 32 | permissions << 40. WALK_AGAIN: an invalidation cancelled the walk.
  WALK_BEGIN(true),
  TLB_FILL(true),
  WALK_FAULT(true),
  WALK_AGAIN(true),

  // Interrupts: a = cpu. IPI_WAIT: the sender goes on once the interrupt was taken.
  IPI_SEND(true),
  IPI_WAIT(true),
  IPI_TAKE(true),

  // Pages: a = pfn. PAGE_ALLOC: the object is the first word, b = ordinal of PageUse, c = words, d = generation; a
  // failed allocation has a = 0. PAGE_CLEAR: b = the zero token. PAGE_COPY: a = to, b = from, c = token.
  PAGE_ALLOC(true),
  PAGE_FREE(true),
  PAGE_CLEAR(true),
  PAGE_COPY(true),

  // A retry loop begins another round.
  RETRYING(true),

  // What follows is never a choice.
  // A task's announced operation cannot proceed: the object is what it waits for, a = opcode it announced.
  BLOCKED(false),
  // a = 0 any mode, 1 for writing, 2 for reading.
  ASSERT_HELD(false),
  PREEMPT_OFF(false),
  PREEMPT_ON(false),
  // a = 1 while interrupts are off, b = cpu.
  IRQS(false),
  MIGHT_SLEEP(false),
  // a = index of the text among the trace's texts.
  WARN(false),
  LOCKDEP_ACQUIRE(false),
  LOCKDEP_RELEASE(false),
  LOCKDEP_WAIT(false),
  // The object is the ordinal of the Tracepoint, a b c d its arguments.
  TRACE(false),
  TASK_END(false);

  private static final Op[] BY_CODE = values();

  private final boolean choice;

  Op(boolean choice) {
    this.choice = choice;
  }

  /** Whether the operation is offered to the strategy. */
  public boolean isChoice() {
    return choice;
  }

  /** Yields the operation of an opcode. */
  public static Op of(int code) {
    return BY_CODE[code];
  }
}
