package io.stalemate.trace;

/** What a shared object is. */
public enum ObjectKind {
  WORD,
  SPINLOCK,
  RWLOCK,
  MUTEX,
  RWSEM,
  SRCU,
  RCU,
  WAIT_QUEUE,
  COMPLETION,
  LOCKDEP_MAP,
  TLB,
  CPU,
  TASK
}
