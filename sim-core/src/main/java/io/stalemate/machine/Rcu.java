package io.stalemate.machine;

/** Kernel RCU: read sections do not sleep; {@link #call} defers work past a grace period. */
public interface Rcu {

  /** {@code rcu_read_lock()}; sections nest; the caller must not sleep inside. */
  void readLock();

  /** {@code rcu_read_unlock()}. */
  void readUnlock();

  /** {@code synchronize_rcu()}; sleeps until every section open at the call has ended. */
  void synchronize();

  /**
   * {@code call_rcu()}: runs {@code callback} on the world's RCU task (softirq context: it must not sleep) once every
   * section open at the call has ended. Callbacks run in the order they were queued.
   */
  void call(Runnable callback);
}
