package io.stalemate.oracle;

import io.stalemate.trace.Op;

/** How an operation takes, or waits for, a lock; in the terms of {@code Documentation/locking/lockdep-design.rst}. */
enum Acquire {
  /** Takes nothing. */
  NONE(false, false),
  /** A writer: excludes everybody. */
  WRITE(true, false),
  /**
   * A reader that a waiting writer keeps out: rw-semaphores, and rwlocks in task context, since they queue
   * ({@code read_lock_is_recursive()}).
   */
  READ(false, false),
  /** A reader that nothing but a writer inside keeps out: SRCU, RCU and lockdep maps. */
  READ_RECURSIVE(false, true);

  private final boolean exclusive;
  private final boolean recursive;

  Acquire(boolean exclusive, boolean recursive) {
    this.exclusive = exclusive;
    this.recursive = recursive;
  }

  boolean exclusive() {
    return exclusive;
  }

  boolean recursive() {
    return recursive;
  }

  /** How {@code op} takes its object, or tries to. */
  static Acquire of(Op op) {
    return switch (op) {
      case SPIN_LOCK, SPIN_TRYLOCK, WRITE_LOCK_QUEUED, WRITE_LOCK, MUTEX_LOCK, MUTEX_TRYLOCK, DOWN_WRITE_QUEUED,
          DOWN_WRITE, SRCU_GP_START, SRCU_GP_END, RCU_GP_START, RCU_GP_END, LOCKDEP_WAIT -> WRITE;
      case READ_LOCK, DOWN_READ, DOWN_READ_TRYLOCK -> READ;
      case SRCU_READ_LOCK, RCU_READ_LOCK, LOCKDEP_ACQUIRE -> READ_RECURSIVE;
      default -> NONE;
    };
  }

  /** Whether {@code op} leaves its caller holding the object, if it succeeds. */
  static boolean holds(Op op) {
    return switch (op) {
      case SPIN_LOCK, SPIN_TRYLOCK, WRITE_LOCK, MUTEX_LOCK, MUTEX_TRYLOCK, DOWN_WRITE, READ_LOCK, DOWN_READ,
          DOWN_READ_TRYLOCK, SRCU_READ_LOCK, RCU_READ_LOCK, LOCKDEP_ACQUIRE -> true;
      default -> false;
    };
  }

  static boolean releases(Op op) {
    return switch (op) {
      case SPIN_UNLOCK, READ_UNLOCK, WRITE_UNLOCK, MUTEX_UNLOCK, UP_READ, UP_WRITE, SRCU_READ_UNLOCK, RCU_READ_UNLOCK,
          LOCKDEP_RELEASE -> true;
      default -> false;
    };
  }

  static boolean tries(Op op) {
    return op == Op.SPIN_TRYLOCK || op == Op.MUTEX_TRYLOCK || op == Op.DOWN_READ_TRYLOCK;
  }
}
