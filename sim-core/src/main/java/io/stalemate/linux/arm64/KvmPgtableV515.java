package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.EAGAIN;
import static io.stalemate.linux.Errno.E2BIG;
import static io.stalemate.linux.Errno.EINVAL;
import static io.stalemate.linux.Errno.ENOMEM;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.kvm.MmuMemoryCache;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Pages;
import org.jspecify.annotations.Nullable;

/**
 * The stage-2 table of v5.13 to v6.1: map, unmap and attribute changes on top of the exclusive walker. A table that a
 * block replaces is unlinked before its entries are visited and freed (the anchor).
 */
public class KvmPgtableV515 extends ExclusiveWalk {

  /** The table of {@code vmid} whose empty root page is {@code pgd}. */
  public KvmPgtableV515(TablePages mmOps, KvmTlb tlb, int vmid, long pgd) {
    this(mmOps, tlb, vmid, pgd, false, 0, null);
  }

  /** As {@link KvmPgtable#KvmPgtable}. */
  public KvmPgtableV515(TablePages mmOps, KvmTlb tlb, int vmid, long pgd, boolean fwb, int flags,
      @Nullable ForcePte forcePteCb) {
    super(mmOps, tlb, vmid, pgd, fwb, flags, forcePteCb);
  }

  @Override
  protected int stage2MapWalk(long addr, long size, StageTwoMap data, int flags) {
    return walk(addr, size, new PgtableWalker((ctx, visit) -> stage2MapWalker(ctx, visit, data),
        PgtableWalker.TABLE_PRE | PgtableWalker.LEAF | PgtableWalker.TABLE_POST));
  }

  /** {@code stage2_map_walker()}. */
  @KernelFunction(value = "stage2_map_walker", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v5.15")
  protected int stage2MapWalker(PgtableVisit ctx, int visit, StageTwoMap data) {
    return switch (visit) {
      case PgtableWalker.TABLE_PRE -> stage2MapWalkTablePre(ctx, data);
      case PgtableWalker.LEAF -> stage2MapWalkLeaf(ctx, data);
      default -> stage2MapWalkTablePost(ctx, data);
    };
  }

  /** Unlinks a table that a block is going to replace. */
  @KernelFunction(value = "stage2_map_walk_table_pre", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v5.15")
  protected int stage2MapWalkTablePre(PgtableVisit ctx, StageTwoMap data) {
    if (ctx.anchored() || !stage2LeafMappingAllowed(ctx, data)) {
      return 0;
    }
    kvmClearPte(ctx);
    // Leaves below may be cached at any address of the block: drop all of the VM's.
    tlb.kvmTlbFlushVmid(vmid);
    return ANCHOR;
  }

  /** Installs a leaf, or a table to go on below. */
  @KernelFunction(value = "stage2_map_walk_leaf", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v5.15")
  protected int stage2MapWalkLeaf(PgtableVisit ctx, StageTwoMap data) {
    if (ctx.anchored()) {
      // The table dies with its entries; the entry itself need not be cleared.
      if (ctx.oldCounted()) {
        mmOps.putPage(ctx.table());
      }
      return 0;
    }
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
    // A block that stood here is dropped whole; the rest of its range faults in again.
    if (ctx.oldCounted()) {
      stage2PutPte(ctx);
    }
    long old = ctx.ptep().read();
    long pte = StageTwoPte.tableOf(childp);
    // Pairs with the loads of hardware walks: the child is zeroed before it can be reached.
    ctx.ptep().storeRelease(pte);
    traceSetPte(ctx, old, pte);
    mmOps.getPage(ctx.table());
    return 0;
  }

  /** {@code stage2_map_walker_try_leaf()}: one leaf for the entry; {@code -E2BIG} if a table is needed. */
  @KernelFunction(
      value = "stage2_map_walker_try_leaf",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15",
      elided = "cache maintenance of the page")
  protected int stage2MapWalkerTryLeaf(PgtableVisit ctx, StageTwoMap data) {
    if (!stage2LeafMappingAllowed(ctx, data)) {
      return -E2BIG;
    }
    long pte = data.pteAt(ctx);
    long old = ctx.ptep().read();
    if (stage2PteIsCounted(old)) {
      // Somebody mapped it already, perhaps with other permissions; breaking it would only make their access fault.
      if (!stage2PteNeedsUpdate(old, pte)) {
        return -EAGAIN;
      }
      stage2PutPte(ctx);
      // What was no translation is simply overwritten.
      old = StageTwoPte.valid(old) ? 0 : old;
    }
    // elided: cache maintenance of the page
    // Pairs with the loads of hardware walks: the page's contents come before its translation.
    ctx.ptep().storeRelease(pte);
    traceSetPte(ctx, old, pte);
    if (stage2PteIsCounted(pte)) {
      mmOps.getPage(ctx.table());
    }
    return 0;
  }

  /** Frees a table that died, and installs the block where the walk unlinked it. */
  @KernelFunction(value = "stage2_map_walk_table_post", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v5.15")
  protected int stage2MapWalkTablePost(PgtableVisit ctx, StageTwoMap data) {
    if (!ctx.anchored() && !StageTwoPte.table(ctx.ptep().read(), ctx.level())) {
      // This entry is the anchor.
      int ret = stage2MapWalkLeaf(ctx, data);
      mmOps.putPage(kvmPteFollow(ctx.old()));
      mmOps.putPage(ctx.table());
      return ret;
    }
    if (ctx.anchored()) {
      mmOps.putPage(kvmPteFollow(ctx.old()));
      mmOps.putPage(ctx.table());
    }
    return 0;
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_unmap",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15")
  public int stage2Unmap(long addr, long size) {
    return walk(addr, size, new PgtableWalker(
        (ctx, visit) -> stage2UnmapWalker(ctx), PgtableWalker.LEAF | PgtableWalker.TABLE_POST));
  }

  /** Clears one leaf or note, or a table that became empty. */
  @KernelFunction(
      value = "stage2_unmap_walker",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15",
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
    stage2PutPte(ctx);
    // elided: cache maintenance for CPUs without FEAT_S2FWB
    if (ctx.oldTable()) {
      mmOps.putPage(kvmPteFollow(ctx.old()));
    }
    return 0;
  }

  /** {@code stage2_put_pte()}: empties an entry, drops its translations and its reference. */
  @KernelFunction(value = "stage2_put_pte", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v5.15")
  protected void stage2PutPte(PgtableVisit ctx) {
    if (StageTwoPte.valid(ctx.old())) {
      kvmClearPte(ctx);
      // A table takes its walk-cache entries and lower leaves along, which a hint of its level would spare
      // (36e008323926).
      tlb.kvmTlbFlushVmidIpa(vmid, ctx.addr(), ctx.oldTable() ? KvmTlb.TLBI_TTL_UNKNOWN : ctx.level());
    }
    mmOps.putPage(ctx.table());
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_mkyoung",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15")
  public long stage2Mkyoung(long addr, int flags) {
    Leaf leaf = stage2UpdateLeafAttrs(addr, 1, StageTwoPte.AF, 0);
    // Pairs with the loads of hardware walks.
    m.tlb().dsbIshst();
    return leaf.pte();
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_mkold",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15")
  public long stage2Mkold(long addr) {
    // No invalidation: a cached translation only makes the page look older than it is.
    return stage2UpdateLeafAttrs(addr, 1, 0, StageTwoPte.AF).pte();
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_is_young",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15")
  public boolean stage2IsYoung(long addr) {
    return (stage2UpdateLeafAttrs(addr, 1, 0, 0).pte() & StageTwoPte.AF) != 0;
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_relax_perms",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15")
  public int stage2RelaxPerms(long addr, int prot, int flags, int cpu) {
    if ((prot & PgtableProt.SW) != 0) {
      return -EINVAL;
    }
    long set = PgtableProt.leafAttributes(prot) & (StageTwoPte.S2AP_R | StageTwoPte.S2AP_W);
    Leaf leaf = stage2UpdateLeafAttrs(addr, 1, set, (prot & PgtableProt.X) != 0 ? StageTwoPte.XN : 0);
    if (leaf.ret() == 0) {
      // A denying translation may be cached; the guest would fault for ever.
      tlb.kvmTlbFlushVmidIpa(vmid, addr, leaf.level());
    }
    return leaf.ret();
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_wrprotect",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15")
  public int stage2Wrprotect(long addr, long size) {
    return stage2UpdateLeafAttrs(addr, size, 0, StageTwoPte.S2AP_W).ret();
  }
}
