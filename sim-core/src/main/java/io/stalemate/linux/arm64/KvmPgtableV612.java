package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.EAGAIN;
import static io.stalemate.linux.Errno.EINVAL;
import static io.stalemate.linux.Errno.ENOMEM;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.kvm.MmuMemoryCache;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Pages;
import io.stalemate.machine.Tracepoint;
import org.jspecify.annotations.Nullable;

/**
 * The stage-2 table of v6.12: as {@link KvmPgtableV62}, with invalidation by range where the CPUs have it, permission
 * relaxation that bothers only the faulting CPU, and blocks that are split ahead of the guest's stores.
 */
public class KvmPgtableV612 extends KvmPgtableV62 {

  /**
   * The table of {@code vmid} whose empty root page is {@code pgd}.
   *
   * @param fwb whether the CPUs have FEAT_S2FWB, so that unmap needs no cache maintenance leaf by leaf
   */
  public KvmPgtableV612(TablePages mmOps, KvmTlb tlb, int vmid, long pgd, boolean fwb) {
    this(mmOps, tlb, vmid, pgd, fwb, 0, null);
  }

  /** As {@link KvmPgtable#KvmPgtable}. */
  public KvmPgtableV612(TablePages mmOps, KvmTlb tlb, int vmid, long pgd, boolean fwb, int flags,
      @Nullable ForcePte forcePteCb) {
    super(mmOps, tlb, vmid, pgd, fwb, flags, forcePteCb);
  }

  @Override
  protected void flushBrokenTable(PgtableVisit ctx) {
    long start = geometry.entryStart(ctx.addr(), ctx.level());
    tlb.kvmTlbFlushVmidRange(vmid, start, geometry.granule(ctx.level()));
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_unmap",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.6-v6.12")
  public int stage2Unmap(long addr, long size) {
    int ret = super.stage2Unmap(addr, size);
    if (stage2UnmapDeferTlbFlush()) {
      // One operation for all leaves, still inside mmu_lock: the caller frees pages only after it.
      tlb.kvmTlbFlushVmidRange(vmid, addr, size);
    }
    return ret;
  }

  /** {@code stage2_unmap_defer_tlb_flush()}. */
  @KernelFunction(value = "stage2_unmap_defer_tlb_flush", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v6.6-v6.12")
  protected boolean stage2UnmapDeferTlbFlush() {
    return tlb.systemSupportsTlbRange() && stage2HasFwb();
  }

  @Override
  protected void flushUnmappedLeaf(PgtableVisit ctx) {
    if (!stage2UnmapDeferTlbFlush()) {
      super.flushUnmappedLeaf(ctx);
    }
  }

  @Override
  public boolean stage2Age(long addr, long size, boolean mkold) {
    return stage2TestClearYoung(addr, size, mkold);
  }

  /** Whether a leaf of {@code size} bytes at {@code addr} has the access flag; with {@code mkold} clears it. */
  @KernelFunction(
      value = "kvm_pgtable_stage2_test_clear_young",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.6-v6.12")
  public boolean stage2TestClearYoung(long addr, long size, boolean mkold) {
    long[] young = {0};
    walk(addr, size, new PgtableWalker((ctx, visit) -> stage2AgeWalker(ctx, mkold, young), PgtableWalker.LEAF));
    return young[0] != 0;
  }

  /** {@code stage2_age_walker()}: looks at one leaf; {@code young} takes 1 if it has the flag. */
  @KernelFunction(value = "stage2_age_walker", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v6.6-v6.12")
  protected int stage2AgeWalker(PgtableVisit ctx, boolean mkold, long[] young) {
    if (!StageTwoPte.valid(ctx.old()) || (ctx.old() & StageTwoPte.AF) == 0) {
      return 0;
    }
    young[0] = 1;
    // No invalidation: a cached translation only makes the page look older than it is.
    return mkold && !stage2TrySetPte(ctx, ctx.old() & ~StageTwoPte.AF) ? -EAGAIN : 0;
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_relax_perms",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.4-v6.12")
  public int stage2RelaxPerms(long addr, int prot, int flags, int cpu) {
    if ((prot & PgtableProt.SW) != 0) {
      return -EINVAL;
    }
    long[] leaf = {0, KvmTlb.TLBI_TTL_UNKNOWN};
    int ret = relaxedAttrs(addr, prot, flags, leaf);
    if (ret == 0 || ret == -EAGAIN) {
      // Other CPUs that cached the denying translation take one more fault of their own. After a lost race too: the
      // winner flushed its own CPU alone.
      tlb.kvmTlbFlushVmidIpaNsh(cpu, vmid, addr, ret == 0 ? (int) leaf[1] : KvmTlb.TLBI_TTL_UNKNOWN);
    }
    return ret;
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_split",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.4-v6.12")
  public int stage2Split(long addr, long size, MmuMemoryCache mc) {
    int ret = walk(addr, size, new PgtableWalker((ctx, visit) -> stage2SplitWalker(ctx, mc), PgtableWalker.LEAF));
    // Pairs with the loads of hardware walks.
    m.tlb().dsbIshst();
    return ret;
  }

  /** Replaces one block by a table that maps the same. */
  @KernelFunction(value = "stage2_split_walker", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v6.4-v6.12")
  protected int stage2SplitWalker(PgtableVisit ctx, MmuMemoryCache mc) {
    int level = ctx.level();
    if (level == StageTwoGeometry.LAST_LEVEL || !StageTwoPte.valid(ctx.old())) {
      return 0;
    }
    // With too few pages for all levels below, one level at a time: the walk comes to the smaller blocks next.
    boolean forcePte = mc.nobjs() >= stage2BlockGetNrPageTables(level);
    if (!forcePte && mc.nobjs() < 1) {
      return -ENOMEM;
    }
    long[] unlinked = {Pages.NO_PAGE};
    int ret = kvmPgtableStage2CreateUnlinked(ctx, mc, forcePte, unlinked);
    if (ret != 0) {
      return ret;
    }
    if (!stage2TryBreakPte(ctx)) {
      kvmPgtableStage2FreeUnlinked(unlinked[0], level);
      return -EAGAIN;
    }
    // The table's entries are seen before it, see stage2_make_pte().
    stage2MakePte(ctx, StageTwoPte.tableOf(unlinked[0]));
    m.trace(Tracepoint.S2_SPLIT, geometry.entryStart(ctx.addr(), level) >>> StageTwoGeometry.PAGE_SHIFT, level);
    return 0;
  }

  /** {@code stage2_block_get_nr_page_tables()}: pages that replace a block of {@code level} by a tree of pages. */
  @KernelFunction(
      value = "stage2_block_get_nr_page_tables",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.4-v6.12")
  protected int stage2BlockGetNrPageTables(int level) {
    int pages = 0;
    for (int below = level + 1; below <= StageTwoGeometry.LAST_LEVEL; below++) {
      pages = pages * geometry.entries() + 1;
    }
    return pages;
  }

  /**
   * Builds a table that maps what the block {@code block} maps and that no entry points to yet: nothing of it can be
   * cached, and no walk can be inside.
   *
   * @param unlinked takes the table's frame
   * @return {@code -ENOMEM}
   */
  @KernelFunction(
      value = "kvm_pgtable_stage2_create_unlinked",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.4-v6.12")
  protected int kvmPgtableStage2CreateUnlinked(
      PgtableVisit block, MmuMemoryCache mc, boolean forcePte, long[] unlinked) {
    int level = block.level();
    long phys = StageTwoPte.phys(block.old());
    if ((phys & (geometry.granule(level) - 1)) != 0) {
      return -EINVAL;
    }
    // Young, as every new leaf; and never device memory, which kvm_pgtable_stage2_pte_prot() leaves out.
    long attributes = PgtableProt.leafAttributes(PgtableProt.ofStage2Pte(block.old()));
    StageTwoMap data = new StageTwoMap(phys, attributes, mc, 0, forcePte);
    PgtableWalker walker = new PgtableWalker((ctx, visit) -> stage2MapWalker(ctx, visit, data),
        PgtableWalker.LEAF | PgtableWalker.SKIP_BBM_TLBI | PgtableWalker.SKIP_CMO);
    long table = mmOps.zallocPage(mc);
    if (table == Pages.NO_PAGE) {
      return -ENOMEM;
    }
    // model: at the block's addresses, where the kernel walks from 0, so that the entries are announced with their gfns
    long start = geometry.entryStart(block.addr(), level);
    int ret = walkTable(table, level + 1, start, start + geometry.granule(level), start, false, walker);
    if (ret != 0) {
      kvmPgtableStage2FreeUnlinked(table, level);
      return ret;
    }
    unlinked[0] = table;
    return 0;
  }
}
