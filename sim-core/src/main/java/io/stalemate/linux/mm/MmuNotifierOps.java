package io.stalemate.linux.mm;

/**
 * {@code struct mmu_notifier_ops}: what a subscriber to an mm implements. hvas in pages, ends exclusive. Follows
 * {@code include/linux/mmu_notifier.h}.
 */
public interface MmuNotifierOps {

  /**
   * The host is about to change the tables of the range; after the return the subscriber must not use or make
   * translations of it until {@link #invalidateRangeEnd}. Locks held: mmap_lock or others of the host, never ptl.
   *
   * @param blockable whether the callee may sleep
   * @return 0, or -EAGAIN if it would have to sleep and may not
   */
  int invalidateRangeStart(long hvaStart, long hvaEnd, boolean blockable);

  /** Whether the subscriber has an {@code invalidate_range_end}; one whose start can fail must have none. */
  default boolean hasInvalidateRangeEnd() {
    return true;
  }

  /** The address space is about to go: its last user has left, and the subscriber must let go of it. May sleep. */
  default void release() {}

  /** The tables of the range are what they will be. */
  void invalidateRangeEnd(long hvaStart, long hvaEnd);

  /**
   * A read-only page is replaced in place by read-only {@code pfn}; held: ptl, inside a start/end pair. No-op unless
   * overridden: the operation went away in v6.10 (f7842747d13d).
   */
  default void changePte(long hva, long pfn) {}

  /** Clears the accessed state, with TLB flush; yields whether the range was accessed. Held: ptl. */
  boolean clearFlushYoung(long hvaStart, long hvaEnd);

  /** As {@link #clearFlushYoung}, without flush. */
  boolean clearYoung(long hvaStart, long hvaEnd);

  /** Yields whether {@code hva} was accessed; changes nothing. */
  boolean testYoung(long hva);
}
