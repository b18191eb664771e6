package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.E2BIG;
import static io.stalemate.linux.Errno.EAGAIN;
import static io.stalemate.linux.Errno.EINVAL;
import static io.stalemate.linux.Errno.ENOMEM;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.kvm.MmuMemoryCache;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Pages;
import org.jspecify.annotations.Nullable;

/**
 * The stage-2 table since v6.2: map, unmap and attribute changes on top of the parallel walker. Map, young and relax
 * may be shared walks; unmap and write-protect are exclusive.
 */
public class KvmPgtableV62 extends ParallelWalk {

  /** The table of {@code vmid} whose empty root page is {@code pgd}. */
  public KvmPgtableV62(TablePages mmOps, KvmTlb tlb, int vmid, long pgd) {
    super(mmOps, tlb, vmid, pgd);
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_map",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.2-v6.12",
      elided = "owner annotations, force_pte, updates of software bits only")
  public int stage2Map(long addr, long size, long phys, int prot, @Nullable MmuMemoryCache memcache, int flags) {
    StageTwoMap data = new StageTwoMap(phys, PgtableProt.leafAttributes(prot), memcache);
    int ret = walk(addr, size, new PgtableWalker(
        (ctx, visit) -> visit == PgtableWalker.TABLE_PRE
            ? stage2MapWalkTablePre(ctx, data)
            : stage2MapWalkLeaf(ctx, data),
        flags | PgtableWalker.TABLE_PRE | PgtableWalker.LEAF));
    // Pairs with the loads of hardware walks: the guest re-executes its access after this.
    m.tlb().dsbIshst();
    return ret;
  }

  /** Replaces a table by a block where the map allows one. */
  protected int stage2MapWalkTablePre(PgtableVisit ctx, StageTwoMap data) {
    if (!stage2LeafMappingAllowed(ctx, data)) {
      return 0;
    }
    int ret = stage2MapWalkerTryLeaf(ctx, data);
    if (ret != 0) {
      return ret;
    }
    stage2FreeUnlinkedTable(kvmPteFollow(ctx.old()), ctx.level());
    return 0;
  }

  /** Installs a leaf, or a table to go on below. */
  protected int stage2MapWalkLeaf(PgtableVisit ctx, StageTwoMap data) {
    int ret = stage2MapWalkerTryLeaf(ctx, data);
    if (ret != -E2BIG) {
      return ret;
    }
    if (m.warnOn(ctx.level() == StageTwoGeometry.LAST_LEVEL, "stage2_map_walk_leaf: page not possible")) {
      return -EINVAL;
    }
    MmuMemoryCache memcache = data.memcache();
    if (memcache == null) {
      return -ENOMEM;
    }
    long childp = mmOps.zallocPage(memcache);
    if (childp == Pages.NO_PAGE) {
      return -ENOMEM;
    }
    if (!stage2TryBreakPte(ctx)) {
      mmOps.putPage(childp);
      return -EAGAIN;
    }
    // A block that stood here is dropped whole; the rest of its range faults in again.
    stage2MakePte(ctx, StageTwoPte.tableOf(childp));
    return 0;
  }

  /** {@code stage2_map_walker_try_leaf()}: one leaf for the entry; {@code -E2BIG} if a table is needed. */
  protected int stage2MapWalkerTryLeaf(PgtableVisit ctx, StageTwoMap data) {
    if (!stage2LeafMappingAllowed(ctx, data)) {
      return -E2BIG;
    }
    long pte = StageTwoPte.leafOf(data.physAt(ctx), data.attributes(), ctx.level());
    // Somebody mapped it already, perhaps with other permissions; breaking it would only make their access fault.
    if (!stage2PteNeedsUpdate(ctx.old(), pte)) {
      return -EAGAIN;
    }
    if (!stage2TryBreakPte(ctx)) {
      return -EAGAIN;
    }
    // elided: cache maintenance of the page
    stage2MakePte(ctx, pte);
    return 0;
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_unmap",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.2-v6.12")
  public int stage2Unmap(long addr, long size) {
    return walk(addr, size, new PgtableWalker(
        (ctx, visit) -> stage2UnmapWalker(ctx), PgtableWalker.LEAF | PgtableWalker.TABLE_POST));
  }

  /** Clears one leaf or note, or a table that became empty. */
  protected int stage2UnmapWalker(PgtableVisit ctx) {
    if (!StageTwoPte.valid(ctx.old())) {
      if (ctx.oldCounted()) {
        kvmClearPte(ctx);
        mmOps.putPage(ctx.table());
      }
      return 0;
    }
    if (ctx.oldTable() && mmOps.pageCount(kvmPteFollow(ctx.old())) != 1) {
      return 0;
    }
    stage2UnmapPutPte(ctx);
    // elided: cache maintenance for CPUs without FEAT_S2FWB
    if (ctx.oldTable()) {
      // At once: mmu_lock is held for writing, so no parallel walker is inside.
      mmOps.putPage(kvmPteFollow(ctx.old()));
    }
    return 0;
  }

  /** {@code stage2_unmap_put_pte()}: empties an entry, drops its translations and its reference. */
  protected void stage2UnmapPutPte(PgtableVisit ctx) {
    kvmClearPte(ctx);
    if (ctx.oldTable()) {
      // A level hint would spare walk-cache entries and lower leaves (36e008323926).
      tlb.kvmTlbFlushVmidIpa(vmid, ctx.addr(), KvmTlb.TLBI_TTL_UNKNOWN);
    } else {
      flushUnmappedLeaf(ctx);
    }
    mmOps.putPage(ctx.table());
  }

  /** Drops the translations of a leaf that unmap cleared. */
  protected void flushUnmappedLeaf(PgtableVisit ctx) {
    tlb.kvmTlbFlushVmidIpa(vmid, ctx.addr(), ctx.level());
  }

  /** {@code kvm_clear_pte()}. */
  protected void kvmClearPte(PgtableVisit ctx) {
    ctx.ptep().writeOnce(0);
    traceSetPte(ctx, ctx.old(), 0);
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_mkyoung",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.2-v6.12")
  public long stage2Mkyoung(long addr, int flags) {
    long[] leaf = {0, KvmTlb.TLBI_TTL_UNKNOWN};
    int ret = stage2UpdateLeafAttrs(addr, StageTwoGeometry.PAGE_SIZE, StageTwoPte.AF, 0, flags, leaf);
    if (ret == 0) {
      // Pairs with the loads of hardware walks.
      m.tlb().dsbIshst();
    }
    return leaf[0];
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_test_clear_young",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.6-v6.12")
  public boolean stage2TestClearYoung(long addr, long size, boolean mkold) {
    long[] young = {0};
    walk(addr, size, new PgtableWalker((ctx, visit) -> {
      if (!StageTwoPte.valid(ctx.old()) || (ctx.old() & StageTwoPte.AF) == 0) {
        return 0;
      }
      young[0] = 1;
      // No invalidation: a cached translation only makes the page look older than it is.
      return mkold && !stage2TrySetPte(ctx, ctx.old() & ~StageTwoPte.AF) ? -EAGAIN : 0;
    }, PgtableWalker.LEAF));
    return young[0] != 0;
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_relax_perms",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.2")
  public int stage2RelaxPerms(long addr, int prot, int flags, int cpu) {
    long[] leaf = {0, KvmTlb.TLBI_TTL_UNKNOWN};
    int ret = relaxedAttrs(addr, prot, flags, leaf);
    if (ret == 0) {
      // A denying translation may be cached; the guest would fault for ever.
      tlb.kvmTlbFlushVmidIpa(vmid, addr, (int) leaf[1]);
    }
    return ret;
  }

  /** Adds {@code prot} to the leaf at {@code addr}. */
  protected int relaxedAttrs(long addr, int prot, int flags, long[] leaf) {
    long set = PgtableProt.leafAttributes(prot) & (StageTwoPte.S2AP_R | StageTwoPte.S2AP_W);
    long clear = (prot & PgtableProt.X) != 0 ? StageTwoPte.XN : 0;
    return stage2UpdateLeafAttrs(addr, StageTwoGeometry.PAGE_SIZE, set, clear, flags, leaf);
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_wrprotect",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.2-v6.12")
  public int stage2Wrprotect(long addr, long size) {
    return stage2UpdateLeafAttrs(addr, size, 0, StageTwoPte.S2AP_W, 0, new long[2]);
  }

  /**
   * {@code stage2_update_leaf_attrs()}: changes the attributes of every leaf.
   *
   * @param leaf takes the last leaf as it was before, and its level
   * @return {@code -EAGAIN} if a walk that serves a fault found no leaf, or lost a race
   */
  protected int stage2UpdateLeafAttrs(long addr, long size, long set, long clear, int flags, long[] leaf) {
    return walk(addr, size, new PgtableWalker((ctx, visit) -> {
      if (!StageTwoPte.valid(ctx.old())) {
        return -EAGAIN;
      }
      leaf[0] = ctx.old();
      leaf[1] = ctx.level();
      long pte = (ctx.old() & ~clear) | set;
      return pte != ctx.old() && !stage2TrySetPte(ctx, pte) ? -EAGAIN : 0;
    }, flags | PgtableWalker.LEAF));
  }
}
