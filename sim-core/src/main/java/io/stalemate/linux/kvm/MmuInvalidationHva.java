package io.stalemate.linux.kvm;

import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Tracepoint;

/**
 * The counters as v5.12 to v6.7 keep them: the range in hvas, given when an invalidation begins. The functions were
 * {@code kvm_inc_notifier_count} and {@code mmu_notifier_retry_hva} up to v5.19; traces use the later names.
 */
public class MmuInvalidationHva extends MmuInvalidation {

  public MmuInvalidationHva(Kvm kvm) {
    super(kvm);
  }

  /** A caller that thinks in gfns blocks every hva: gfns in the hva range were a bug (6d3085e4d89a, v6.1). */
  @Override
  public void begin() {
    beginHva(0, Long.MAX_VALUE);
  }

  @Override
  @KernelFunction(value = "kvm_mmu_invalidate_begin", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.7")
  public void beginHva(long hvaStart, long hvaEnd) {
    kvm.mmuLock.assertHeldWrite();
    if (countUp() == 1) {
      kvm.mmuInvalidateRangeStart.write(hvaStart);
      kvm.mmuInvalidateRangeEnd.write(hvaEnd);
    } else {
      widen(hvaStart, hvaEnd);
    }
  }

  /** model: the range is known already; the trace says its gfns, as oracles compare gfns. Held: mmu_lock(w). */
  @Override
  public void rangeAdd(long gfnStart, long gfnEnd) {
    kvm.mmuLock.assertHeldWrite();
    m.trace(Tracepoint.INVALIDATE_RANGE, gfnStart, gfnEnd);
  }

  /**
   * Yields whether a fault of {@code hva} that sampled {@code mmuSeq} must try again; one outside the range of what is
   * in progress may go on. Held: mmu_lock in any mode.
   *
   * @param gfn the fault's, for the trace alone
   */
  @KernelFunction(value = "mmu_invalidate_retry_hva", file = "include/linux/kvm_host.h", version = "v5.15-v6.7")
  public boolean retryHva(long mmuSeq, long hva, long gfn) {
    kvm.mmuLock.assertHeld();
    long inProgress = kvm.mmuInvalidateInProgress.read();
    if (inProgress != 0
        && hva >= kvm.mmuInvalidateRangeStart.read()
        && hva < kvm.mmuInvalidateRangeEnd.read()) {
      return sendBack(gfn, mmuSeq, kvm.mmuInvalidateSeq.read(), inProgress);
    }
    return seqMoved(gfn, mmuSeq);
  }
}
