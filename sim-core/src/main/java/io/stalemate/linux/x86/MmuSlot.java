package io.stalemate.linux.x86;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.MemslotChange;
import io.stalemate.machine.KernelFunction;

/**
 * {@code kvm_mmu_slot_*()}: dirty logging of whole memslots, of {@code arch/x86/kvm/mmu/mmu.c} and {@code x86.c}.
 *
 * <p>Who flushes: dirty logging may clear W and let go of mmu_lock before the TLBs are flushed, because all of it holds
 * slots_lock and flushes before it lets go of that. So an entry without W may still be writable in a TLB; it has
 * MMU_WRITABLE then. Who clears MMU_WRITABLE flushes inside mmu_lock, even if W was clear already.
 */
public class MmuSlot {

  /** {@code PG_LEVEL_2M}: the smallest huge page. */
  private static final int LEVEL_2M = EptGeometry.LEVEL_4K + 1;

  protected final X86Mmu mmu;

  /** Dirty logging for {@code mmu}. */
  public MmuSlot(X86Mmu mmu) {
    this.mmu = mmu;
  }

  /** What a change of a slot's flags takes. Held: slots_lock. */
  @KernelFunction(value = "kvm_mmu_slot_apply_flags", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "kvm_mmu_update_cpu_dirty_logging(): CPUs that can log what they make dirty always do")
  public void applyFlags(MemslotChange change) {
    if (!(change instanceof MemslotChange.FlagsOnly) || change.slot().isReadonly()) {
      return;
    }
    KvmMemorySlot slot = change.slot();
    if (!slot.isLogging()) {
      zapCollapsibleSptes(slot);
      return;
    }
    // Everything is dirty already, so that write-protection and splitting can wait for CLEAR.
    if (mmu.kvm.dirtyLog.manualProtectAndInitSet()) {
      return;
    }
    if (mmu.split.eagerPageSplit()) {
      trySplitHugePages(slot);
    }
    if (mmu.vm.pml()) {
      leafClearDirty(slot);
      writeProtectHugePages(slot);
    } else {
      removeWriteAccess(slot, EptGeometry.LEVEL_4K);
    }
    // Always: somebody else may have cleared bits without having flushed yet, and left nothing to change here.
    flush(slot);
  }

  /** Of what a huge leaf maps hardware would log the first page that is written, and no other. Held: slots_lock. */
  protected void writeProtectHugePages(KvmMemorySlot slot) {
    removeWriteAccess(slot, LEVEL_2M);
  }

  /** Outside mmu_lock, but under slots_lock and before the ioctl returns. */
  protected void flush(KvmMemorySlot slot) {
    mmu.flushRemoteTlbsMemslot(slot);
  }

  /** Held: slots_lock. */
  @KernelFunction(value = "kvm_mmu_slot_remove_write_access", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "rmaps")
  protected void removeWriteAccess(KvmMemorySlot slot, int startLevel) {
    kvm().mmuLock.readLock();
    mmu.dirty.wrprotSlot(slot, startLevel);
    kvm().mmuLock.readUnlock();
  }

  /** Held: slots_lock. The caller flushes: its slot may have leafs that were made clean and not flushed. */
  @KernelFunction(value = "kvm_mmu_slot_leaf_clear_dirty", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "rmaps")
  protected void leafClearDirty(KvmMemorySlot slot) {
    kvm().mmuLock.readLock();
    mmu.dirty.clearDirtySlot(slot);
    kvm().mmuLock.readUnlock();
  }

  /**
   * Splits the huge leafs of a slot. Held: slots_lock. Nothing to flush: the small leafs keep W and D, so that whoever
   * clears those knows by them whether to flush.
   */
  @KernelFunction(value = "kvm_mmu_slot_try_split_huge_pages", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "shadow pages")
  protected void trySplitHugePages(KvmMemorySlot slot) {
    kvm().mmuLock.readLock();
    mmu.split.trySplitHugePages(slot, slot.baseGfn(), slot.gfnEnd(), EptGeometry.LEVEL_4K, true);
    kvm().mmuLock.readUnlock();
  }

  /** Held: slots_lock. */
  @KernelFunction(value = "kvm_mmu_zap_collapsible_sptes", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "rmaps")
  protected void zapCollapsibleSptes(KvmMemorySlot slot) {
    kvm().mmuLock.readLock();
    mmu.dirty.zapCollapsibleSptes(slot);
    kvm().mmuLock.readUnlock();
  }

  /** See {@link io.stalemate.linux.kvm.ArchMmu#enableLogDirtyPtMasked}. Held: slots_lock, mmu_lock(w). */
  @KernelFunction(value = "kvm_arch_mmu_enable_log_dirty_pt_masked", file = "arch/x86/kvm/mmu/mmu.c",
      version = "v6.8-v6.12", elided = "rmaps")
  public void enableLogDirtyPtMasked(KvmMemorySlot slot, long pageOffset, long mask) {
    if (kvm().dirtyLog.manualProtectAndInitSet()) {
      // Not done when logging was turned on. A mask may begin anywhere in a huge page.
      long start = slot.baseGfn() + pageOffset + Long.numberOfTrailingZeros(mask);
      long end = slot.baseGfn() + pageOffset + Long.SIZE - Long.numberOfLeadingZeros(mask);
      if (mmu.split.eagerPageSplit()) {
        mmu.split.trySplitHugePages(slot, start, end, EptGeometry.LEVEL_4K, false);
      }
      // model: every huge page of the mask; the kernel's are so large that a mask touches two at most.
      long pages = mmu.geometry.pages(LEVEL_2M);
      for (long gfn = start; gfn < end; gfn = mmu.geometry.roundDown(gfn, LEVEL_2M) + pages) {
        slotGfnWriteProtect(gfn, LEVEL_2M);
      }
    }
    mmu.dirty.clearDirtyPtMasked(slot, slot.baseGfn() + pageOffset, mask, !mmu.vm.pml());
  }

  /**
   * Takes write access from the leaf of {@code gfn} at {@code minLevel} or above. Held: mmu_lock(w). Yields whether the
   * caller must flush before it lets go of mmu_lock.
   */
  @KernelFunction(value = "kvm_mmu_slot_gfn_write_protect", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "rmaps")
  public boolean slotGfnWriteProtect(long gfn, int minLevel) {
    // elided: geometries without huge pages
    return minLevel <= Math.max(EptGeometry.LEVEL_4K, mmu.geometry.maxHugepageLevel())
        && mmu.dirty.writeProtectGfn(gfn, minLevel);
  }

  private Kvm kvm() {
    return mmu.kvm;
  }
}
