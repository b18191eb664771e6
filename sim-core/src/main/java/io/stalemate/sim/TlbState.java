package io.stalemate.sim;

import io.stalemate.machine.Tlb;

/**
 * One CPU's TLB and the walk in flight on it. An invalidation dooms what it names; the doomed entry may still be hit
 * until the barrier of the task that issued it removes it, and a doomed walk may not fill after that barrier. The
 * latest moment the architecture allows is the one modelled, since earlier ones only hide bugs.
 */
public final class TlbState implements TlbOwner {

  private static final int CAPACITY = 64;
  private static final int EVERY_LEVEL = 0xf;

  private final int[] vmids = new int[CAPACITY];
  private final int[] levels = new int[CAPACITY];
  private final int[] permissions = new int[CAPACITY];
  private final long[] gfns = new long[CAPACITY];
  private final long[] counts = new long[CAPACITY];
  private final long[] pfns = new long[CAPACITY];
  private final long[] doomedBy = new long[CAPACITY];
  private int size;
  private boolean walking;
  private int walkVmid;
  private long walkGfn;
  private int walkDoomedLevels;
  private long walkDoomedBy;
  private long walkDoomedFrom;
  private long walkDoomedTo;
  private int walkCancelledLevels;

  /** Empty, no walk in flight. */
  void reset() {
    size = 0;
    walking = false;
  }

  /** Yields the entry that translates {@code gfn}, or -1. The oldest wins if several do. */
  int lookup(int vmid, long gfn) {
    for (int i = 0; i < size; i++) {
      if (vmids[i] == vmid && gfn >= gfns[i] && gfn - gfns[i] < counts[i]) {
        return i;
      }
    }
    return -1;
  }

  /** Yields the frame that entry {@code entry} maps {@code gfn} to. */
  long pfn(int entry, long gfn) {
    return pfns[entry] + (gfn - gfns[entry]);
  }

  /** Yields the permissions of entry {@code entry}. */
  int permissions(int entry) {
    return permissions[entry];
  }

  /** Yields the level of entry {@code entry}. */
  int level(int entry) {
    return levels[entry];
  }

  /**
   * Whether a completed invalidation has cancelled the walk for a result at {@code level} (0 to 3, -1 a fault) that
   * covers {@code count} gfns from {@code gfnBase}. What the invalidation named need not be the gfn that is walked for:
   * a block goes with any of its pages.
   */
  boolean cancelled(int level, long gfnBase, long count) {
    int named = level < 0 ? walkCancelledLevels : walkCancelledLevels >>> level & 1;
    return named != 0 && doomedRangeTouches(gfnBase, count);
  }

  private boolean doomedRangeTouches(long gfnBase, long count) {
    return walkDoomedFrom < gfnBase + count && gfnBase < walkDoomedTo;
  }

  @Override
  public void walkBegin(int vmid, long gfn) {
    walking = true;
    walkVmid = vmid;
    walkGfn = gfn;
    walkDoomedLevels = 0;
    walkDoomedBy = 0;
    walkDoomedFrom = Long.MAX_VALUE;
    walkDoomedTo = Long.MIN_VALUE;
    walkCancelledLevels = 0;
  }

  @Override
  public void walkEnd() {
    walking = false;
    dropWalked();
  }

  /** What a walk was for although it was cached, because it did not permit the access, goes with the walk's end. */
  private void dropWalked() {
    int cached = lookup(walkVmid, walkGfn);
    if (cached >= 0) {
      drop(cached);
    }
  }

  @Override
  public void fill(int vmid, int level, long gfnBase, long count, long pfnBase, int allowed) {
    walking = false;
    dropWalked();
    if (size == CAPACITY) {
      drop(0);
    }
    int at = size++;
    vmids[at] = vmid;
    levels[at] = level;
    permissions[at] = allowed;
    gfns[at] = gfnBase;
    counts[at] = count;
    pfns[at] = pfnBase;
    // The walk read what is being invalidated: the barrier that is still to come removes the entry.
    boolean doomed = (walkDoomedLevels >>> level & 1) != 0 && doomedRangeTouches(gfnBase, count);
    doomedBy[at] = doomed ? walkDoomedBy : 0;
  }

  @Override
  public void invalidate(int task, int vmid, long gfn, long count, int level) {
    long bit = 1L << task;
    for (int i = 0; i < size; i++) {
      boolean named = vmid < 0
          || (vmids[i] == vmid && (count == 0 || (gfns[i] < gfn + count && gfn < gfns[i] + counts[i])));
      if (named && (level == Tlb.LEVEL_ANY || levels[i] == level)) {
        doomedBy[i] |= bit;
      }
    }
    if (walking && (vmid < 0 || walkVmid == vmid)) {
      // Which leaf the walk will end at is not known yet, so all that is named meanwhile is kept, as one range.
      walkDoomedLevels |= level == Tlb.LEVEL_ANY ? EVERY_LEVEL : 1 << level;
      walkDoomedBy |= bit;
      boolean everything = vmid < 0 || count == 0;
      walkDoomedFrom = everything ? Long.MIN_VALUE : Math.min(walkDoomedFrom, gfn);
      walkDoomedTo = everything ? Long.MAX_VALUE : Math.max(walkDoomedTo, gfn + count);
    }
  }

  @Override
  public void complete(int task) {
    long bit = 1L << task;
    for (int i = size - 1; i >= 0; i--) {
      if ((doomedBy[i] & bit) != 0) {
        drop(i);
      }
    }
    if (walking && (walkDoomedBy & bit) != 0) {
      walkCancelledLevels |= walkDoomedLevels;
    }
  }

  private void drop(int entry) {
    for (int i = entry + 1; i < size; i++) {
      vmids[i - 1] = vmids[i];
      levels[i - 1] = levels[i];
      permissions[i - 1] = permissions[i];
      gfns[i - 1] = gfns[i];
      counts[i - 1] = counts[i];
      pfns[i - 1] = pfns[i];
      doomedBy[i - 1] = doomedBy[i];
    }
    size--;
  }
}
