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
    this(mmOps, tlb, vmid, pgd, false, 0, null);
  }

  /** As {@link KvmPgtable#KvmPgtable}. */
  public KvmPgtableV62(TablePages mmOps, KvmTlb tlb, int vmid, long pgd, boolean fwb, int flags,
      @Nullable ForcePte forcePteCb) {
    super(mmOps, tlb, vmid, pgd, fwb, flags, forcePteCb);
  }

  @Override
  protected int stage2MapWalk(long addr, long size, StageTwoMap data, int flags) {
    return walk(addr, size, new PgtableWalker(
        (ctx, visit) -> stage2MapWalker(ctx, visit, data), flags | PgtableWalker.TABLE_PRE | PgtableWalker.LEAF));
  }

  /** {@code stage2_map_walker()}. */
  @KernelFunction(value = "stage2_map_walker", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v6.2-v6.12")
  protected int stage2MapWalker(PgtableVisit ctx, int visit, StageTwoMap data) {
    return visit == PgtableWalker.TABLE_PRE ? stage2MapWalkTablePre(ctx, data) : stage2MapWalkLeaf(ctx, data);
  }

  /** Replaces a table by a block where the map allows one. */
  @KernelFunction(value = "stage2_map_walk_table_pre", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v6.2-v6.12")
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
  @KernelFunction(value = "stage2_map_walk_leaf", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v6.2-v6.12")
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
  @KernelFunction(
      value = "stage2_map_walker_try_leaf",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.2-v6.12",
      elided = "cache maintenance of the page")
  protected int stage2MapWalkerTryLeaf(PgtableVisit ctx, StageTwoMap data) {
    if (!stage2LeafMappingAllowed(ctx, data)) {
      return -E2BIG;
    }
    long pte = data.pteAt(ctx);
    // Somebody mapped it already, perhaps with other permissions; breaking it would only make their access fault.
    if (!stage2PteNeedsUpdate(ctx.old(), pte)) {
      return -EAGAIN;
    }
    if (!ctx.shared() && ((ctx.old() ^ pte) & ~StageTwoPte.SW_MASK) == 0) {
      return stage2StoreSoftwareBits(ctx, pte);
    }
    if (!stage2TryBreakPte(ctx)) {
      return -EAGAIN;
    }
    // elided: cache maintenance of the page
    stage2MakePte(ctx, pte);
    return 0;
  }

  /** Stores an entry that only software will read differently; the translation stays as it is. */
  protected int stage2StoreSoftwareBits(PgtableVisit ctx, long pte) {
    // A note may live in these bits alone, and come or go.
    if (ctx.oldCounted() && !stage2PteIsCounted(pte)) {
      mmOps.putPage(ctx.table());
    } else if (!ctx.oldCounted() && stage2PteIsCounted(pte)) {
      mmOps.getPage(ctx.table());
    }
    m.warnOn(!stage2TrySetPte(ctx, pte), "stage2_map_walker_try_leaf: exclusive store failed");
    return 0;
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_unmap",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.2-v6.5")
  public int stage2Unmap(long addr, long size) {
    return walk(addr, size, new PgtableWalker(
        (ctx, visit) -> stage2UnmapWalker(ctx), PgtableWalker.LEAF | PgtableWalker.TABLE_POST));
  }

  /** Clears one leaf or note, or a table that became empty. */
  @KernelFunction(
      value = "stage2_unmap_walker",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.2-v6.12",
      elided = "cache maintenance for CPUs without FEAT_S2FWB")
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
  @KernelFunction(
      value = "stage2_unmap_put_pte",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.6-v6.12",
      elided = "till v6.5 it was stage2_put_pte()")
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

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_mkyoung",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.2-v6.12")
  public long stage2Mkyoung(long addr, int flags) {
    long[] leaf = {0, KvmTlb.TLBI_TTL_UNKNOWN};
    int ret = stage2UpdateLeafAttrs(addr, 1, StageTwoPte.AF, 0, flags, leaf);
    if (ret != 0) {
      return 0;
    }
    // Pairs with the loads of hardware walks.
    m.tlb().dsbIshst();
    return leaf[0];
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_mkold",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.2")
  public long stage2Mkold(long addr) {
    long[] leaf = {0, KvmTlb.TLBI_TTL_UNKNOWN};
    // No invalidation: a cached translation only makes the page look older than it is.
    int ret = stage2UpdateLeafAttrs(addr, 1, 0, StageTwoPte.AF, 0, leaf);
    return ret == 0 ? leaf[0] : 0;
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_is_young",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.2")
  public boolean stage2IsYoung(long addr) {
    long[] leaf = {0, KvmTlb.TLBI_TTL_UNKNOWN};
    int ret = stage2UpdateLeafAttrs(addr, 1, 0, 0, 0, leaf);
    return ret == 0 && (leaf[0] & StageTwoPte.AF) != 0;
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_relax_perms",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.2")
  public int stage2RelaxPerms(long addr, int prot, int flags, int cpu) {
    if ((prot & PgtableProt.SW) != 0) {
      return -EINVAL;
    }
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
    return stage2UpdateLeafAttrs(addr, 1, set, clear, flags, leaf);
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_wrprotect",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.2-v6.12")
  public int stage2Wrprotect(long addr, long size) {
    return stage2UpdateLeafAttrs(addr, size, 0, StageTwoPte.S2AP_W, 0, new long[2]);
  }
}
