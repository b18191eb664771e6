package io.stalemate.linux.x86;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.cpu.x86.EptPte;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.machine.KernelFunction;
import org.jspecify.annotations.Nullable;

/**
 * What dirty logging and write tracking do to leafs, of {@code arch/x86/kvm/mmu/tdp_mmu.c}. A page's writes are found
 * by its W bit, or, where the CPUs log what they set the D bit of, by that. None of this flushes: see {@link MmuSlot}.
 */
public class TdpDirty {

  protected final X86Mmu mmu;

  /** What this does in the tables of {@code mmu}. */
  public TdpDirty(X86Mmu mmu) {
    this.mmu = mmu;
  }

  /**
   * Takes the W bit from the leafs of a slot down to {@code minLevel}. Yields whether any had it. MMU_WRITABLE stays,
   * so that the fast path can give the bit back. Held: slots_lock, mmu_lock(r), let go of in between.
   */
  @KernelFunction(value = "kvm_tdp_mmu_wrprot_slot", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  public boolean wrprotSlot(KvmMemorySlot slot, int minLevel) {
    return clearBitOfSlot(slot, minLevel, EptPte.WRITE);
  }

  /**
   * Takes from the leafs of a slot what says that they were written: the D bit, or W on CPUs without it. Yields whether
   * any had it. Held: slots_lock, mmu_lock(r), let go of in between.
   */
  @KernelFunction(value = "kvm_tdp_mmu_clear_dirty_slot", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  public boolean clearDirtySlot(KvmMemorySlot slot) {
    return clearBitOfSlot(slot, EptGeometry.LEVEL_4K, needWriteProtect() ? EptPte.WRITE : EptPte.DIRTY);
  }

  private boolean clearBitOfSlot(KvmMemorySlot slot, int minLevel, long bit) {
    mmu.kvm.mmuLock.assertHeld();
    boolean spteSet = false;
    for (KvmMmuPage root = firstRoot(); root != null; root = nextRoot(root)) {
      spteSet |= clearBitOfRange(root, slot.baseGfn(), slot.gfnEnd(), minLevel, bit);
    }
    return spteSet;
  }

  /** Clears {@code bit} in the leafs of a range, each by a cmpxchg. Held: mmu_lock(r), a reference to the root. */
  @KernelFunction(value = "wrprot_gfn_range", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12",
      elided = "clear_dirty_gfn_range(): the same with another bit")
  protected boolean clearBitOfRange(KvmMmuPage root, long gfnStart, long gfnEnd, int minLevel, long bit) {
    boolean spteSet = false;
    mmu.m.rcu().readLock();
    for (TdpIter iter = mmu.tdpMmu.iter(root, minLevel, gfnStart, gfnEnd); iter.valid; iter.next()) {
      while (!mmu.tdpMmu.iterCondResched(iter, false, true)
          && isLoggedLeaf(iter.oldSpte, iter.level)
          && (iter.oldSpte & bit) != 0) {
        if (mmu.tdpMmu.setSpteAtomic(iter, iter.oldSpte & ~bit)) {
          spteSet = true;
          break;
        }
      }
    }
    mmu.m.rcu().readUnlock();
    return spteSet;
  }

  /** Whether the entry is a leaf: what is not present has bits of another meaning in these places (3354ef5a592d). */
  protected boolean isLoggedLeaf(long spte, int level) {
    return Spte.leaf(spte, level);
  }

  /**
   * Clears the W bit of the pages of a mask, or the D bit unless {@code wrprot}; huge leafs are left alone. Held:
   * slots_lock, mmu_lock(w).
   *
   * @param gfn gfn that bit 0 of {@code mask} is for
   * @param mask not 0; all its gfns are in {@code slot}
   */
  @KernelFunction(value = "kvm_tdp_mmu_clear_dirty_pt_masked", file = "arch/x86/kvm/mmu/tdp_mmu.c",
      version = "v6.8-v6.12")
  public void clearDirtyPtMasked(KvmMemorySlot slot, long gfn, long mask, boolean wrprot) {
    mmu.kvm.mmuLock.assertHeldWrite();
    long bit = wrprot || needWriteProtect() ? EptPte.WRITE : EptPte.DIRTY;
    for (KvmMmuPage root = nextToProtect(null); root != null; root = nextToProtect(root)) {
      clearBitOfPages(root, gfn, mask, bit);
    }
  }

  @KernelFunction(value = "clear_dirty_pt_masked", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  private void clearBitOfPages(KvmMmuPage root, long gfn, long mask, long bit) {
    long start = gfn + Long.numberOfTrailingZeros(mask);
    long end = gfn + Long.SIZE - Long.numberOfLeadingZeros(mask);
    mmu.m.rcu().readLock();
    for (TdpIter iter = mmu.tdpMmu.iter(root, EptGeometry.LEVEL_4K, start, end); iter.valid; iter.next()) {
      if (iter.level > EptGeometry.LEVEL_4K
          || !isLoggedLeaf(iter.oldSpte, iter.level)
          || (mask >>> iter.gfn - gfn & 1) == 0
          || (iter.oldSpte & bit) == 0) {
        continue;
      }
      iter.oldSpte = mmu.tdpMmu.clearSpteBits(iter.sptep(), iter.oldSpte, bit, iter.gfn, iter.level);
      mmu.kvm.gfnToPfn.setPfnDirty(Spte.pfn(iter.oldSpte));
    }
    mmu.m.rcu().readUnlock();
  }

  /**
   * Takes W and, so that no fast path gives it back, MMU_WRITABLE from the leaf of {@code gfn} at {@code minLevel} or
   * above. Yields whether the caller must flush. Held: mmu_lock(w).
   */
  @KernelFunction(value = "kvm_tdp_mmu_write_protect_gfn", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  public boolean writeProtectGfn(long gfn, int minLevel) {
    mmu.kvm.mmuLock.assertHeldWrite();
    boolean spteSet = false;
    for (KvmMmuPage root = nextToProtect(null); root != null; root = nextToProtect(root)) {
      spteSet |= writeProtectGfn(root, gfn, minLevel);
    }
    return spteSet;
  }

  @KernelFunction(value = "write_protect_gfn", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  private boolean writeProtectGfn(KvmMmuPage root, long gfn, int minLevel) {
    boolean spteSet = false;
    mmu.m.rcu().readLock();
    for (TdpIter iter = mmu.tdpMmu.iter(root, minLevel, gfn, gfn + 1); iter.valid; iter.next()) {
      if (!Spte.leaf(iter.oldSpte, iter.level)) {
        continue;
      }
      long newSpte = writeProtected(iter.oldSpte);
      if (newSpte == iter.oldSpte) {
        break;
      }
      long old = mmu.tdpMmu.iterSetSpte(iter, newSpte);
      spteSet |= mayBeCachedWritable(old);
    }
    mmu.m.rcu().readUnlock();
    return spteSet;
  }

  /**
   * Whether a CPU may have the leaf in its TLB with W: always, as dirty logging clears W and flushes after it let go of
   * mmu_lock. See Documentation/virt/kvm/locking.rst.
   */
  protected boolean mayBeCachedWritable(long oldSpte) {
    return true;
  }

  /** The leaf without write access, for good (7c8a4742c4ab). An entry that had only MMU_WRITABLE changes as well. */
  protected long writeProtected(long spte) {
    return spte & ~(EptPte.WRITE | Spte.MMU_WRITABLE);
  }

  /**
   * Zaps tables of a slot's gfns whose place a huge leaf could have, for the next fault to make it. Held: slots_lock,
   * mmu_lock(r), let go of in between.
   */
  @KernelFunction(value = "kvm_tdp_mmu_zap_collapsible_sptes", file = "arch/x86/kvm/mmu/tdp_mmu.c",
      version = "v6.8-v6.12")
  public void zapCollapsibleSptes(KvmMemorySlot slot) {
    mmu.kvm.mmuLock.assertHeld();
    for (KvmMmuPage root = firstRoot(); root != null; root = nextRoot(root)) {
      zapCollapsibleSpteRange(root, slot);
    }
  }

  @KernelFunction(value = "zap_collapsible_spte_range", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  private void zapCollapsibleSpteRange(KvmMmuPage root, KvmMemorySlot slot) {
    int minLevel = EptGeometry.LEVEL_4K + 1;
    mmu.m.rcu().readLock();
    for (TdpIter iter = mmu.tdpMmu.iter(root, minLevel, slot.baseGfn(), slot.gfnEnd()); iter.valid; iter.next()) {
      while (!mmu.tdpMmu.iterCondResched(iter, false, true) && isCollapsible(iter, slot)) {
        // Flushes before it empties the entry, so that nobody uses the table's leafs any more.
        if (mmu.tdpMmu.zapSpteAtomic(iter)) {
          break;
        }
      }
    }
    mmu.m.rcu().readUnlock();
  }

  /** Whether the entry is a table where the slot and the host would allow a huge leaf. Held: mmu_lock(r). */
  protected boolean isCollapsible(TdpIter iter, KvmMemorySlot slot) {
    if (iter.level > mmu.geometry.maxHugepageLevel() || !Spte.table(iter.oldSpte, iter.level)) {
      return false;
    }
    // An entry that begins outside the slot is not all of it, and has no place in the slot's lpage_info.
    if (!slot.contains(iter.gfn)) {
      return false;
    }
    boolean isPrivate = slot.canBePrivate() && mmu.kvm.memAttributes.isPrivate(iter.gfn);
    int top = mmu.geometry.maxHugepageLevel();
    return mmu.hugePages.maxMappingLevel(slot, iter.gfn, top, isPrivate) >= iter.level;
  }

  /** {@code tdp_mmu_need_write_protect()}: whether D bits say nothing. elided: L2's tables, whose PML is off. */
  private boolean needWriteProtect() {
    return !mmu.vm.adBits();
  }

  /** The root after {@code previous} to take bits from under mmu_lock(w): nobody uses an invalid one (d746182337c2). */
  protected @Nullable KvmMmuPage nextToProtect(@Nullable KvmMmuPage previous) {
    return mmu.roots.next(previous, true);
  }

  private @Nullable KvmMmuPage firstRoot() {
    return mmu.roots.next(null, true);
  }

  /** The valid root after {@code root}, whose reference is put. */
  private @Nullable KvmMmuPage nextRoot(KvmMmuPage root) {
    return mmu.roots.next(root, true);
  }
}
