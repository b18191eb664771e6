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
 * The stage-2 table of v5.13 to v6.1: whoever walks it holds {@code mmu_lock} and is alone with the hardware. Entries
 * are read plainly and stored with WRITE_ONCE, because table walks of the hardware read them with no lock.
 */
public class KvmPgtableV515 extends KvmPgtable {

  /** What the map walk's pre-visit yields once it unlinked the table: its entries now die ({@code data->anchor}). */
  protected static final int ANCHOR = 1;

  /** The table of {@code vmid} whose empty root page is {@code pgd}. */
  public KvmPgtableV515(TablePages mmOps, KvmTlb tlb, int vmid, long pgd) {
    super(mmOps, tlb, vmid, pgd);
  }

  @Override
  @KernelFunction(
      value = "__kvm_pgtable_walk",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15")
  protected int walkTable(
      long table, int level, long addr, long end, long start, boolean anchored, PgtableWalker walker) {
    for (long at = addr; at < end; at = geometry.entryEnd(at, level)) {
      var ptep = mmOps.entry(table, geometry.index(at, level));
      PgtableVisit ctx =
          new PgtableVisit(ptep, table, ptep.read(), at, start, end, level, walker.flags(), anchored);
      int ret = visit(ctx, walker);
      if (ret != 0) {
        return ret;
      }
    }
    return 0;
  }

  /** Shows one entry to the walker and descends. */
  @KernelFunction(
      value = "__kvm_pgtable_visit",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15")
  protected int visit(PgtableVisit entry, PgtableWalker walker) {
    PgtableVisit ctx = entry;
    boolean anchored = ctx.anchored();
    if (ctx.oldTable() && walker.shows(PgtableWalker.TABLE_PRE)) {
      int ret = walker.visitor().visit(ctx, PgtableWalker.TABLE_PRE);
      if (ret < 0) {
        return ret;
      }
      // No reload here: the descent uses the old value, so that the entries of an unlinked table are visited.
      anchored |= ret == ANCHOR;
    }
    if (!ctx.oldTable() && walker.shows(PgtableWalker.LEAF)) {
      int ret = walker.visitor().visit(ctx, PgtableWalker.LEAF);
      if (ret != 0) {
        return ret;
      }
      ctx = ctx.reloaded(ctx.ptep().read());
    }
    if (!ctx.oldTable()) {
      return 0;
    }
    long end = Math.min(ctx.end(), geometry.entryEnd(ctx.addr(), ctx.level()));
    int ret = walkTable(kvmPteFollow(ctx.old()), ctx.level() + 1, ctx.addr(), end, ctx.start(), anchored, walker);
    if (ret == 0 && walker.shows(PgtableWalker.TABLE_POST)) {
      ret = walker.visitor().visit(ctx, PgtableWalker.TABLE_POST);
    }
    return ret;
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_map",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15",
      elided = "owner annotations, force_pte")
  public int stage2Map(long addr, long size, long phys, int prot, @Nullable MmuMemoryCache memcache, int flags) {
    StageTwoMap data = new StageTwoMap(phys, PgtableProt.leafAttributes(prot), memcache);
    int ret = walk(addr, size, new PgtableWalker((ctx, visit) -> switch (visit) {
      case PgtableWalker.TABLE_PRE -> stage2MapWalkTablePre(ctx, data);
      case PgtableWalker.LEAF -> stage2MapWalkLeaf(ctx, data);
      default -> stage2MapWalkTablePost(ctx, data);
    }, PgtableWalker.TABLE_PRE | PgtableWalker.LEAF | PgtableWalker.TABLE_POST));
    // Pairs with the loads of hardware walks: the guest re-executes its access after this.
    m.tlb().dsbIshst();
    return ret;
  }

  /** Unlinks a table that a block is going to replace. */
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
  protected int stage2MapWalkerTryLeaf(PgtableVisit ctx, StageTwoMap data) {
    if (!stage2LeafMappingAllowed(ctx, data)) {
      return -E2BIG;
    }
    long pte = StageTwoPte.leafOf(data.physAt(ctx), data.attributes(), ctx.level());
    long old = ctx.ptep().read();
    if (stage2PteIsCounted(old)) {
      // Somebody mapped it already, perhaps with other permissions; breaking it would only make their access fault.
      if (!stage2PteNeedsUpdate(old, pte)) {
        return -EAGAIN;
      }
      stage2PutPte(ctx);
      old = 0;
    }
    // elided: cache maintenance of the page
    // Pairs with the loads of hardware walks: the page's contents come before its translation.
    ctx.ptep().storeRelease(pte);
    traceSetPte(ctx, old, pte);
    mmOps.getPage(ctx.table());
    return 0;
  }

  /** Frees a table that died, and installs the block where the walk unlinked it. */
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
  protected void stage2PutPte(PgtableVisit ctx) {
    if (StageTwoPte.valid(ctx.old())) {
      kvmClearPte(ctx);
      // A table takes its walk-cache entries and lower leaves along, which a hint of its level would spare
      // (36e008323926).
      tlb.kvmTlbFlushVmidIpa(vmid, ctx.addr(), ctx.oldTable() ? KvmTlb.TLBI_TTL_UNKNOWN : ctx.level());
    }
    mmOps.putPage(ctx.table());
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
      version = "v5.15")
  public long stage2Mkyoung(long addr, int flags) {
    Leaf leaf = stage2UpdateLeafAttrs(addr, StageTwoGeometry.PAGE_SIZE, StageTwoPte.AF, 0);
    // Pairs with the loads of hardware walks.
    m.tlb().dsbIshst();
    return leaf.pte();
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_mkold",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15")
  public boolean stage2TestClearYoung(long addr, long size, boolean mkold) {
    Leaf leaf = stage2UpdateLeafAttrs(addr, size, 0, mkold ? StageTwoPte.AF : 0);
    // No invalidation: a cached translation only makes the page look older than it is.
    return (leaf.pte() & StageTwoPte.AF) != 0;
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_relax_perms",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15")
  public int stage2RelaxPerms(long addr, int prot, int flags, int cpu) {
    long set = PgtableProt.leafAttributes(prot) & (StageTwoPte.S2AP_R | StageTwoPte.S2AP_W);
    Leaf leaf = stage2UpdateLeafAttrs(
        addr, StageTwoGeometry.PAGE_SIZE, set, (prot & PgtableProt.X) != 0 ? StageTwoPte.XN : 0);
    // A denying translation may be cached; the guest would fault for ever.
    tlb.kvmTlbFlushVmidIpa(vmid, addr, leaf.level());
    return 0;
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_wrprotect",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15")
  public int stage2Wrprotect(long addr, long size) {
    stage2UpdateLeafAttrs(addr, size, 0, StageTwoPte.S2AP_W);
    return 0;
  }

  /** {@code stage2_update_leaf_attrs()}: yields the last leaf it saw as it was before; pte 0 if there was none. */
  protected Leaf stage2UpdateLeafAttrs(long addr, long size, long set, long clear) {
    long[] leaf = {0, KvmTlb.TLBI_TTL_UNKNOWN};
    walk(addr, size, new PgtableWalker((ctx, visit) -> {
      if (StageTwoPte.valid(ctx.old())) {
        leaf[0] = ctx.old();
        leaf[1] = ctx.level();
        stage2AttrWalker(ctx, (ctx.old() & ~clear) | set);
      }
      return 0;
    }, PgtableWalker.LEAF));
    return new Leaf(leaf[0], (int) leaf[1]);
  }

  /** {@code stage2_attr_walker()}: stores changed attributes; a plain overwrite, as nobody else writes. */
  protected void stage2AttrWalker(PgtableVisit ctx, long pte) {
    if (pte != ctx.old()) {
      ctx.ptep().writeOnce(pte);
      traceSetPte(ctx, ctx.old(), pte);
    }
  }
}
