package io.stalemate.linux.arm64;

import io.stalemate.cpu.StageTwoPte;
import io.stalemate.machine.KernelFunction;
import org.jspecify.annotations.Nullable;

/**
 * The walker of {@code pgtable.c} from v5.13 to v6.1, for {@link KvmPgtableV515}: whoever walks holds {@code mmu_lock}
 * and is alone with the hardware. Entries are read plainly and stored with WRITE_ONCE, because table walks of the
 * hardware read them with no lock.
 */
public abstract class ExclusiveWalk extends KvmPgtable {

  /** What the map walk's pre-visit yields once it unlinked the table: its entries now die ({@code data->anchor}). */
  protected static final int ANCHOR = 1;

  /** As {@link KvmPgtable#KvmPgtable}. */
  protected ExclusiveWalk(TablePages mmOps, KvmTlb tlb, int vmid, long pgd, boolean fwb, int flags,
      @Nullable ForcePte forcePteCb) {
    super(mmOps, tlb, vmid, pgd, fwb, flags, forcePteCb);
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
  protected int visit(PgtableVisit ctx, PgtableWalker walker) {
    long pte = ctx.old();
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
      pte = ctx.ptep().read();
    }
    if (!StageTwoPte.table(pte, ctx.level())) {
      return 0;
    }
    long end = Math.min(ctx.end(), geometry.entryEnd(ctx.addr(), ctx.level()));
    int ret = walkTable(kvmPteFollow(pte), ctx.level() + 1, ctx.addr(), end, ctx.start(), anchored, walker);
    if (ret == 0 && walker.shows(PgtableWalker.TABLE_POST)) {
      ret = walker.visitor().visit(ctx.reloaded(pte), PgtableWalker.TABLE_POST);
    }
    return ret;
  }

  /** {@code kvm_clear_pte()}. */
  @KernelFunction(value = "kvm_clear_pte", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v5.15")
  protected void kvmClearPte(PgtableVisit ctx) {
    ctx.ptep().writeOnce(0);
    traceSetPte(ctx, ctx.old(), 0);
  }

  /** {@code stage2_update_leaf_attrs()}: yields the last leaf it saw as it was before; pte 0 if there was none. */
  @KernelFunction(value = "stage2_update_leaf_attrs", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v5.15")
  protected Leaf stage2UpdateLeafAttrs(long addr, long size, long set, long clear) {
    // model: where there is no leaf the kernel leaves the level, a hint for invalidation, unset
    long[] leaf = {0, KvmTlb.TLBI_TTL_UNKNOWN};
    int ret = walk(addr, size, new PgtableWalker((ctx, visit) -> {
      if (StageTwoPte.valid(ctx.old())) {
        leaf[0] = ctx.old();
        leaf[1] = ctx.level();
        stage2AttrWalker(ctx, (ctx.old() & ~clear) | set);
      }
      return 0;
    }, PgtableWalker.LEAF));
    return new Leaf(ret, leaf[0], (int) leaf[1]);
  }

  /** {@code stage2_attr_walker()}: stores changed attributes; a plain overwrite, as nobody else writes. */
  @KernelFunction(value = "stage2_attr_walker", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v5.15")
  protected void stage2AttrWalker(PgtableVisit ctx, long pte) {
    if (pte != ctx.old()) {
      ctx.ptep().writeOnce(pte);
      traceSetPte(ctx, ctx.old(), pte);
    }
  }
}
