package io.stalemate.linux.x86;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.machine.KernelFunction;

/**
 * What x86 does when memory attributes change: leafs of the old kind go, and ranges that are made of both kinds are
 * marked, because no huge page may cover both. Follows {@code arch/x86/kvm/mmu/mmu.c}.
 */
public class X86Attributes {

  protected final X86Mmu mmu;

  public X86Attributes(X86Mmu mmu) {
    this.mmu = mmu;
  }

  /**
   * Before the attributes of {@code [gfnStart, gfnEnd)}, a part of {@code slot} whose invalidation has begun, change.
   * Yields whether to flush. Held: slots_lock, mmu_lock(w), which may be let go of in between.
   */
  @KernelFunction(value = "kvm_arch_pre_set_memory_attributes", file = "arch/x86/kvm/mmu/mmu.c",
      version = "v6.8-v6.12",
      elided = "attr_filter: without mirror tables there is one leaf for a gfn, of whatever kind")
  public boolean preSet(KvmMemorySlot slot, long gfnStart, long gfnEnd) {
    if (mmu.m.warnOn(!mmu.vm.type().hasPrivateMem(), "memory attributes of a VM without private memory")
        || mmu.m.warnOn(gfnEnd <= gfnStart, "memory attributes of an empty range")) {
      return false;
    }
    addHugePages(slot, gfnStart, gfnEnd);
    return mmu.unmapGfnRange(gfnStart, gfnEnd, true);
  }

  /**
   * A fault on a neighbour must not install a huge page over gfns that are about to change: a huge page's range at
   * either end of the range counts as being invalidated too, as far as one could be installed (9129633d568e, v6.16 and
   * 6.12.y). Huge pages in the middle are inside the range.
   */
  protected void addHugePages(KvmMemorySlot slot, long gfnStart, long gfnEnd) {
    for (int level = EptGeometry.LEVEL_4K + 1; level <= mmu.geometry.maxHugepageLevel(); level++) {
      long pages = mmu.geometry.pages(level);
      long head = mmu.geometry.roundDown(gfnStart, level);
      long tail = mmu.geometry.roundDown(gfnEnd - 1, level);
      if (head != gfnStart || head + pages > gfnEnd) {
        addHugePage(slot, head, level);
      }
      if (tail != head && tail + pages > gfnEnd) {
        addHugePage(slot, tail, level);
      }
    }
  }

  private void addHugePage(KvmMemorySlot slot, long gfn, int level) {
    long end = gfn + mmu.geometry.pages(level);
    if (gfn >= slot.baseGfn() && end <= slot.gfnEnd() && !mmu.hugePages.testMixed(slot, gfn, level)) {
      mmu.kvm.mmuInvalidation.rangeAdd(gfn, end);
    }
  }

  /**
   * After the attributes of {@code [gfnStart, gfnEnd)}, a part of {@code slot}, became {@code attributes}: marks ranges
   * of huge pages as mixed or not. Yields whether to flush. Held: slots_lock, mmu_lock(w).
   */
  @KernelFunction(value = "kvm_arch_post_set_memory_attributes", file = "arch/x86/kvm/mmu/mmu.c",
      version = "v6.8-v6.12")
  public boolean postSet(KvmMemorySlot slot, long gfnStart, long gfnEnd, long attributes) {
    // From below: what a level is depends on the one beneath.
    for (int level = EptGeometry.LEVEL_4K + 1; level <= mmu.geometry.maxHugepageLevel(); level++) {
      long pages = mmu.geometry.pages(level);
      long gfn = mmu.geometry.roundDown(gfnStart, level);
      if (gfn != gfnStart || gfn + pages > gfnEnd) {
        update(slot, gfn, level, attributes);
        gfn += pages;
      }
      for (; gfn + pages <= gfnEnd; gfn += pages) {
        mmu.hugePages.setMixed(slot, gfn, level, false);
      }
      if (gfn < gfnEnd) {
        update(slot, gfn, level, attributes);
      }
    }
    return false;
  }

  /** Ranges that the slot does not have in full can hold no huge page anyway. */
  private void update(KvmMemorySlot slot, long gfn, int level, long attributes) {
    if (gfn >= slot.baseGfn() && gfn + mmu.geometry.pages(level) <= slot.gfnEnd()) {
      setMixed(slot, gfn, level, !hugepageHasAttrs(slot, gfn, level, attributes));
    }
  }

  /** Marks a range at an end of what changed. */
  protected void setMixed(KvmMemorySlot slot, long gfn, int level, boolean mixed) {
    mmu.hugePages.setMixed(slot, gfn, level, mixed);
  }

  /** Whether all of the range of {@code level} at {@code gfn} has the attributes; lower levels are up to date. */
  @KernelFunction(value = "hugepage_has_attrs", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12")
  private boolean hugepageHasAttrs(KvmMemorySlot slot, long gfn, int level, long attributes) {
    long end = gfn + mmu.geometry.pages(level);
    int below = level - 1;
    if (below == EptGeometry.LEVEL_4K) {
      return mmu.kvm.memAttributes.rangeHas(gfn, end, attributes);
    }
    for (long part = gfn; part < end; part += mmu.geometry.pages(below)) {
      if (mmu.hugePages.testMixed(slot, part, below) || mmu.kvm.memAttributes.get(part) != attributes) {
        return false;
      }
    }
    return true;
  }
}
