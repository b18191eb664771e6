package io.stalemate.linux.kvm;

import io.stalemate.linux.mm.MmuNotifierOps;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;

/**
 * KVM's side of the mmu-notifier: the host is about to take pages away. Runs in the host's task, under the host's
 * locks; so it takes spinning locks and srcu only. Follows {@code virt/kvm/kvm_main.c}.
 */
public class MmuNotifier implements MmuNotifierOps {
  protected final Kvm kvm;
  protected final Machine m;

  public MmuNotifier(Kvm kvm) {
    this.kvm = kvm;
    this.m = kvm.m;
  }

  /** What one memslot's part of an hva range needs done; yields whether to flush. Held: mmu_lock(w). */
  protected interface GfnRangeHandler {
    boolean handle(long gfnStart, long gfnEnd);
  }

  @Override
  @KernelFunction(value = "kvm_mmu_notifier_invalidate_range_start", file = "virt/kvm/kvm_main.c",
      version = "v5.15-v6.12", elided = "gfn_to_pfn_cache, kvm_arch_guest_memory_reclaimed")
  public int invalidateRangeStart(long hvaStart, long hvaEnd, boolean blockable) {
    activeBegin();
    handleHvaRange(
        hvaStart,
        hvaEnd,
        () -> kvm.mmuInvalidation.beginHva(hvaStart, hvaEnd),
        (gfnStart, gfnEnd) -> unmapGfnRange(gfnStart, gfnEnd, blockable),
        true);
    return 0;
  }

  @Override
  @KernelFunction(value = "kvm_mmu_notifier_invalidate_range_end", file = "virt/kvm/kvm_main.c",
      version = "v5.15-v6.12")
  public void invalidateRangeEnd(long hvaStart, long hvaEnd) {
    int idx = kvm.srcu.readLock();
    if (hitsMemslot(hvaStart, hvaEnd)) {
      kvm.mmuLock.writeLock();
      kvm.mmuInvalidation.end();
      kvm.mmuLock.writeUnlock();
    }
    kvm.srcu.readUnlock(idx);
    // After the counters: whoever sees the count at 0 sees the new sequence.
    activeEnd();
  }

  @Override
  @KernelFunction(value = "kvm_mmu_notifier_release", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12")
  public void release() {
    int idx = kvm.srcu.readLock();
    kvm.archMmu.flushShadowAll();
    kvm.srcu.readUnlock(idx);
  }

  /** From here on memslots stay as they are until {@link #activeEnd} (52ac8b358b0c, v5.15). */
  protected void activeBegin() {
    kvm.mnInvalidateLock.lock();
    long count = kvm.mnActiveInvalidateCount.read() + 1;
    kvm.mnActiveInvalidateCount.write(count);
    m.trace(Tracepoint.MN_ACTIVE, count, 0);
    kvm.mnInvalidateLock.unlock();
    kvm.mnActiveMap.acquire();
  }

  /** The last pair to end wakes the memslot swap that may be waiting. */
  protected void activeEnd() {
    kvm.mnActiveMap.release();
    kvm.mnInvalidateLock.lock();
    long count = kvm.mnActiveInvalidateCount.read() - 1;
    m.warnOn(count < 0, "mn_active_invalidate_count < 0");
    kvm.mnActiveInvalidateCount.write(count);
    m.trace(Tracepoint.MN_ACTIVE, count, 0);
    kvm.mnInvalidateLock.unlock();
    // The waiter set its state before it let go of mn_invalidate_lock, so it is woken or has seen the count.
    if (count == 0) {
      kvm.mnMemslotsUpdateRcuwait.wakeUp();
    }
  }

  @KernelFunction(value = "kvm_mmu_unmap_gfn_range", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12")
  protected boolean unmapGfnRange(long gfnStart, long gfnEnd, boolean mayBlock) {
    kvm.mmuInvalidation.rangeAdd(gfnStart, gfnEnd);
    return kvm.archMmu.unmapGfnRange(gfnStart, gfnEnd, mayBlock);
  }

  @Override
  @KernelFunction(value = "kvm_mmu_notifier_clear_flush_young", file = "virt/kvm/kvm_main.c",
      version = "v5.15-v6.12")
  public boolean clearFlushYoung(long hvaStart, long hvaEnd) {
    return handleHvaRange(hvaStart, hvaEnd, () -> {}, kvm.archMmu::ageGfn, true);
  }

  @Override
  @KernelFunction(value = "kvm_mmu_notifier_clear_young", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12")
  public boolean clearYoung(long hvaStart, long hvaEnd) {
    return handleHvaRange(hvaStart, hvaEnd, () -> {}, kvm.archMmu::ageGfn, false);
  }

  @Override
  @KernelFunction(value = "kvm_mmu_notifier_test_young", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12")
  public boolean testYoung(long hva) {
    return handleHvaRange(hva, hva + 1, () -> {}, kvm.archMmu::testAgeGfn, false);
  }

  /**
   * Calls {@code handler} for the part of each memslot in the range, under mmu_lock, which the first hit takes and
   * {@code onLock} sees first. Yields whether any handler yielded true.
   *
   * @param flushOnRet whether the TLBs are flushed then, before mmu_lock is let go of
   */
  @KernelFunction(value = "__kvm_handle_hva_range", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12",
      elided = "interval tree: all slots are looked at, as up to v5.16")
  protected boolean handleHvaRange(
      long hvaStart, long hvaEnd, Runnable onLock, GfnRangeHandler handler, boolean flushOnRet) {
    boolean locked = false;
    boolean ret = false;
    int idx = kvm.srcu.readLock();
    KvmMemslots slots = kvm.memslots.kvmMemslots();
    for (KvmMemorySlot slot : slots.slots()) {
      long start = Math.max(hvaStart, slot.userspaceAddr());
      long end = Math.min(hvaEnd, slot.userspaceAddr() + slot.npages());
      if (start >= end) {
        continue;
      }
      long gfnStart = slot.hvaToGfn(start);
      m.trace(Tracepoint.SLOT_USE, slot.serial(), gfnStart);
      if (!locked) {
        locked = true;
        kvm.mmuLock.writeLock();
        onLock.run();
      }
      ret |= handler.handle(gfnStart, slot.hvaToGfn(end));
    }
    if (flushOnRet && ret) {
      flushRemoteTlbs();
    }
    if (locked) {
      kvm.mmuLock.writeUnlock();
    }
    kvm.srcu.readUnlock(idx);
    return ret;
  }

  /** The flush comes before the unlock: no fault may install while stale translations live. Held: mmu_lock(w). */
  protected void flushRemoteTlbs() {
    kvm.archMmu.flushRemoteTlbs();
  }

  /** Whether a memslot maps any of the range; the same answer at start and end of a pair. Held: srcu. */
  protected boolean hitsMemslot(long hvaStart, long hvaEnd) {
    for (KvmMemorySlot slot : kvm.memslots.kvmMemslots().slots()) {
      if (slot.userspaceAddr() < hvaEnd && hvaStart < slot.userspaceAddr() + slot.npages()) {
        m.trace(Tracepoint.SLOT_USE, slot.serial(), slot.baseGfn());
        return true;
      }
    }
    return false;
  }
}
