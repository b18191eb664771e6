package io.stalemate.linux.mm;

import io.stalemate.linux.Errno;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import java.util.ArrayList;
import java.util.List;

/** The subscribers of one mm and the calls to all of them. Follows {@code mm/mmu_notifier.c}. */
public class MmuNotifierSubscriptions {
  protected final Machine m;
  // elided: the list's own SRCU domain, which guards against unregistering: subscribers come at set-up and stay.
  protected final List<MmuNotifierOps> subscribers = new ArrayList<>();

  public MmuNotifierSubscriptions(Machine m) {
    this.m = m;
  }

  @KernelFunction(value = "mmu_notifier_register", file = "mm/mmu_notifier.c", version = "v6.12",
      elided = "locking: subscribers register before any task runs")
  public void register(MmuNotifierOps ops) {
    subscribers.add(ops);
  }

  /**
   * Tells every subscriber that the range is about to change. Yields 0, or -EAGAIN if a subscriber of a non-blockable
   * call would have to sleep; then the caller must neither change the range nor call {@link #invalidateRangeEnd}.
   */
  @KernelFunction(value = "__mmu_notifier_invalidate_range_start", file = "mm/mmu_notifier.c", version = "v5.12-v6.12",
      elided = "lockdep map of fs_reclaim; interval-tree notifiers")
  public int invalidateRangeStart(long hvaStart, long hvaEnd, boolean blockable) {
    m.trace(Tracepoint.NOTIFIER_START, hvaStart, hvaEnd);
    int ret = 0;
    for (MmuNotifierOps ops : subscribers) {
      int r = ops.invalidateRangeStart(hvaStart, hvaEnd, blockable);
      if (r != 0) {
        m.warnOn(blockable || r != -Errno.EAGAIN, "invalidate_range_start failed though it may block");
        // Nobody can tell the subscriber whose start failed from the others afterwards, so it must not expect an end.
        m.warnOn(ops.hasInvalidateRangeEnd(), "invalidate_range_start failed for a subscriber with an end");
        ret = r;
      }
    }
    if (ret != 0) {
      undoStart(hvaStart, hvaEnd);
      m.trace(Tracepoint.NOTIFIER_END, hvaStart, hvaEnd);
      return ret;
    }
    m.trace(Tracepoint.NOTIFIER_STARTED, hvaStart, hvaEnd);
    return 0;
  }

  /** Ends the pair for those whose start went well although another's failed (c2655835fd8c, v5.12). */
  protected void undoStart(long hvaStart, long hvaEnd) {
    for (MmuNotifierOps ops : subscribers) {
      if (ops.hasInvalidateRangeEnd()) {
        ops.invalidateRangeEnd(hvaStart, hvaEnd);
      }
    }
  }

  @KernelFunction(value = "__mmu_notifier_invalidate_range_end", file = "mm/mmu_notifier.c", version = "v6.12")
  public void invalidateRangeEnd(long hvaStart, long hvaEnd) {
    m.trace(Tracepoint.NOTIFIER_END, hvaStart, hvaEnd);
    for (MmuNotifierOps ops : subscribers) {
      if (ops.hasInvalidateRangeEnd()) {
        ops.invalidateRangeEnd(hvaStart, hvaEnd);
      }
    }
  }

  /** The address space is about to go. May sleep. */
  @KernelFunction(value = "__mmu_notifier_release", file = "mm/mmu_notifier.c", version = "v5.15-v6.12",
      elided = "taking the subscribers off the list, and the SRCU grace period for calls that are under way: here they "
          + "stay, and find that nothing is mapped")
  public void release() {
    for (MmuNotifierOps ops : subscribers) {
      ops.release();
    }
  }

  /** Held: ptl, inside a start/end pair. A subscriber without the operation ignores it. */
  @KernelFunction(value = "__mmu_notifier_change_pte", file = "mm/mmu_notifier.c", version = "v5.15-v6.9")
  public void changePte(long hva, long pfn) {
    for (MmuNotifierOps ops : subscribers) {
      ops.changePte(hva, pfn);
    }
  }

  /** Yields whether any subscriber's translation of the range was accessed. Held: ptl. */
  @KernelFunction(value = "__mmu_notifier_clear_flush_young", file = "mm/mmu_notifier.c", version = "v6.12")
  public boolean clearFlushYoung(long hvaStart, long hvaEnd) {
    boolean young = false;
    for (MmuNotifierOps ops : subscribers) {
      young |= ops.clearFlushYoung(hvaStart, hvaEnd);
    }
    return young;
  }

  /** As {@link #clearFlushYoung}, without flush. */
  @KernelFunction(value = "__mmu_notifier_clear_young", file = "mm/mmu_notifier.c", version = "v6.12")
  public boolean clearYoung(long hvaStart, long hvaEnd) {
    boolean young = false;
    for (MmuNotifierOps ops : subscribers) {
      young |= ops.clearYoung(hvaStart, hvaEnd);
    }
    return young;
  }

  /** Yields whether any subscriber's translation of {@code hva} was accessed. */
  @KernelFunction(value = "__mmu_notifier_test_young", file = "mm/mmu_notifier.c", version = "v6.12")
  public boolean testYoung(long hva) {
    for (MmuNotifierOps ops : subscribers) {
      if (ops.testYoung(hva)) {
        return true;
      }
    }
    return false;
  }
}
