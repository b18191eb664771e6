package io.stalemate.linux.x86;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;

/** Which leafs may be huge: slots, attributes, write tracking and the host have a say. Follows {@code mmu.c}. */
public class HugePages {

  private static final int LEVEL_2M = EptGeometry.LEVEL_4K + 1;

  protected final X86Mmu mmu;

  /** What {@code mmu} may map huge. */
  public HugePages(X86Mmu mmu) {
    this.mmu = mmu;
  }

  /**
   * Finds the level to map at, and rounds the frame down to where a leaf of that level begins. Held: mmu_lock; the
   * fault is not stale, so the host cannot split its mapping meanwhile.
   */
  @KernelFunction(value = "kvm_mmu_hugepage_adjust", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "the iTLB multihit workaround, with it disallowed_hugepage_adjust()")
  public void kvmMmuHugepageAdjust(X86Vcpu vcpu, KvmPageFault fault) {
    KvmMemorySlot slot = fault.slot;
    if (fault.maxLevel == EptGeometry.LEVEL_4K || slot == null || fault.pfn < 0) {
      return;
    }
    if (logsPageByPage(slot)) {
      return;
    }
    fault.reqLevel = maxMappingLevel(slot, fault.gfn, fault.maxLevel, fault.isPrivate);
    if (fault.reqLevel == EptGeometry.LEVEL_4K) {
      return;
    }
    fault.goalLevel = fault.reqLevel;
    long offset = mmu.geometry.pages(fault.goalLevel) - 1;
    mmu.m.warnOn((fault.gfn & offset) != (fault.pfn & offset), "kvm_mmu_hugepage_adjust: the frame is not aligned");
    fault.pfn &= ~offset;
  }

  /** {@code kvm_slot_dirty_track_enabled()}: one write would make a whole huge page dirty. */
  protected boolean logsPageByPage(KvmMemorySlot slot) {
    return slot.isLogging();
  }

  /** The largest level, up to {@code maxLevel}, of a leaf around {@code gfn}. Held: mmu_lock. */
  @KernelFunction(value = "__kvm_mmu_max_mapping_level", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12")
  public int maxMappingLevel(KvmMemorySlot slot, long gfn, int maxLevel, boolean isPrivate) {
    int level = Math.min(maxLevel, mmu.geometry.maxHugepageLevel());
    LpageInfo info = lpageInfo(slot);
    while (level > EptGeometry.LEVEL_4K && info.disallowLpage(gfn, level).read() != 0) {
      level--;
    }
    if (isPrivate || level == EptGeometry.LEVEL_4K) {
      return level;
    }
    return Math.min(level, hostPfnMappingLevel(slot, gfn));
  }

  /** The level of the host's mapping of {@code gfn}; the smallest if it has none. */
  @KernelFunction(value = "host_pfn_mapping_level", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "interrupts off against the freeing of host page tables; the host's table is one row of words")
  protected int hostPfnMappingLevel(KvmMemorySlot slot, long gfn) {
    int shift = mmu.kvm.mm.userMappingShift(slot.gfnToHva(gfn));
    int level = EptGeometry.LEVEL_4K;
    while (level < mmu.geometry.maxHugepageLevel() && mmu.geometry.bits() * level <= shift) {
      level++;
    }
    return level;
  }

  /** The counts of a slot that is created or moved: see {@link io.stalemate.linux.kvm.ArchMmu#allocMemslotMetadata}. */
  @KernelFunction(value = "kvm_alloc_memslot_metadata", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "rmaps; its failing")
  public LpageInfo allocMemslotMetadata(KvmMemorySlot slot) {
    // Nothing of it is tracked: what was tracked in a slot that had these gfns before went with that.
    return new LpageInfo(mmu.m, mmu.geometry, slot, (gfn, level) ->
        (isWholeAndAligned(slot, gfn, level) ? 0 : 1) | (isMixed(slot, gfn, level) ? LpageInfo.MIXED_FLAG : 0));
  }

  /** Whether the huge page is all in the slot, and gfns and hvas agree where huge pages begin. */
  private boolean isWholeAndAligned(KvmMemorySlot slot, long gfn, int level) {
    long pages = mmu.geometry.pages(level);
    return gfn >= slot.baseGfn() && gfn + pages <= slot.gfnEnd()
        && ((slot.baseGfn() ^ slot.userspaceAddr()) & pages - 1) == 0;
  }

  /** {@code kvm_mmu_init_memslot_memory_attributes()}: only huge pages that are all in the slot count. */
  private boolean isMixed(KvmMemorySlot slot, long gfn, int level) {
    long end = gfn + mmu.geometry.pages(level);
    if (!mmu.vm.type().hasPrivateMem() || gfn < slot.baseGfn() || end > slot.gfnEnd()) {
      return false;
    }
    long attributes = mmu.kvm.memAttributes.get(gfn);
    for (long other = gfn + 1; other < end; other++) {
      if (mmu.kvm.memAttributes.get(other) != attributes) {
        mmu.m.trace(Tracepoint.HUGEPAGE_MIXED, gfn, level, 1, 0);
        return true;
      }
    }
    return false;
  }

  /** Whether the huge page of {@code level} around {@code gfn} is known to be mixed. Held: mmu_lock. */
  @KernelFunction(value = "hugepage_test_mixed", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12")
  public boolean testMixed(KvmMemorySlot slot, long gfn, int level) {
    return (lpageInfo(slot).disallowLpage(gfn, level).read() & LpageInfo.MIXED_FLAG) != 0;
  }

  /** Notes whether the huge page of {@code level} around {@code gfn} is mixed. Held: mmu_lock(w). */
  @KernelFunction(value = "hugepage_set_mixed", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "hugepage_clear_mixed(): the same with false")
  public void setMixed(KvmMemorySlot slot, long gfn, int level, boolean mixed) {
    Word disallow = lpageInfo(slot).disallowLpage(gfn, level);
    long old = disallow.read();
    long now = mixed ? old | LpageInfo.MIXED_FLAG : old & ~LpageInfo.MIXED_FLAG;
    if (now != old) {
      disallow.write(now);
      mmu.m.trace(Tracepoint.HUGEPAGE_MIXED, mmu.geometry.roundDown(gfn, level), level, mixed ? 1 : 0, 0);
    }
  }

  /** One reason more, or with -1 one less, against huge leafs around {@code gfn}. Held: mmu_lock(w). */
  @KernelFunction(value = "update_gfn_disallow_lpage_count", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12")
  public void updateGfnDisallowLpageCount(KvmMemorySlot slot, long gfn, int count) {
    for (int level = LEVEL_2M; level <= mmu.geometry.maxHugepageLevel(); level++) {
      Word disallow = lpageInfo(slot).disallowLpage(gfn, level);
      long old = disallow.read();
      mmu.m.warnOn(((old ^ old + count) & LpageInfo.MIXED_FLAG) != 0, "lpage_info: the count reaches the flag");
      disallow.write(old + count);
    }
  }

  /** {@code slot->arch.gfn_write_track} of {@code gfn}, which is in {@code slot}. */
  Word gfnWriteTrack(KvmMemorySlot slot, long gfn) {
    return lpageInfo(slot).gfnWriteTrack(gfn);
  }

  private static LpageInfo lpageInfo(KvmMemorySlot slot) {
    if (slot.arch() instanceof LpageInfo info) {
      return info;
    }
    throw new IllegalStateException("memslot " + slot.id() + " has no lpage_info");
  }
}
