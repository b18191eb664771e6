package io.stalemate.scenario;

/**
 * How the VM keeps track of dirty pages.
 *
 * @param manualProtect {@code KVM_CLEAR_DIRTY_LOG} clears and protects, not {@code KVM_GET_DIRTY_LOG}
 * @param initiallySet all pages of a slot are dirty when its logging begins; only with {@code manualProtect}
 * @param ringEntries entries of each vCPU's dirty ring, a power of two; 0 for bitmaps
 * @param eagerSplitPages pages that eager splitting does at once, a block of the geometry; 0 for none
 */
public record DirtyTracking(boolean manualProtect, boolean initiallySet, int ringEntries, int eagerSplitPages) {

  /** Bitmaps that GET clears; blocks are split by faults. */
  public static final DirtyTracking DEFAULT = new DirtyTracking(false, false, 0, 0);

  public DirtyTracking {
    Limits.check("ring entries", ringEntries, 0, Limits.RING_ENTRIES);
    Limits.check("eager split", eagerSplitPages, 0, Limits.GFNS);
    if (initiallySet && !manualProtect) {
      throw new IllegalArgumentException("initially-set without manual-protect");
    }
  }
}
