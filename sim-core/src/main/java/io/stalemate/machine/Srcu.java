package io.stalemate.machine;

/**
 * A {@code struct srcu_struct} domain. Readers may sleep. The source followed is {@code kernel/rcu/srcutree.c}.
 *
 * <p>Guarantees: {@link #synchronize} returns only when every section that began before the call has ended; what such
 * a reader did happens before the return; what the updater did before the call is seen by sections still open at the
 * return. Sections that begin later are not waited for. A reader that calls {@code synchronize} on its own domain
 * waits for itself: a deadlock that no kernel code detects.
 */
public interface Srcu {

  /** {@code srcu_read_lock()}; yields the index to hand to {@link #readUnlock}. Sections nest. */
  int readLock();

  /** {@code srcu_read_unlock()}. */
  void readUnlock(int index);

  /** {@code synchronize_srcu()}, expedited or not; sleeps until the grace period is over. */
  void synchronize();

  /** {@code lockdep_assert(srcu_read_lock_held())}: the caller is inside a section of this domain. */
  void assertReadHeld();
}
