package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.EAGAIN;

import io.stalemate.cpu.StageTwoPte;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Rcu;
import org.jspecify.annotations.Nullable;

/**
 * The walker of {@code pgtable.c} since v6.2, for {@link KvmPgtableV62} and later. Faults walk in parallel under
 * {@code mmu_lock} held for reading. An entry changes by compare-and-exchange; break-before-make goes through
 * {@link StageTwoPte#LOCKED}, which makes every other walker lose with {@code -EAGAIN} until the new value is made; a
 * table that a block replaced is freed after an RCU grace period.
 *
 * <p>{@code -EAGAIN} ends a walk only if it serves a fault (ddcadb297ce5); other walks go on with the next entry.
 */
public abstract class ParallelWalk extends KvmPgtable {

  protected final Rcu rcu;

  /** As {@link KvmPgtable#KvmPgtable}. */
  protected ParallelWalk(TablePages mmOps, KvmTlb tlb, int vmid, long pgd, boolean fwb, int flags,
      @Nullable ForcePte forcePteCb) {
    super(mmOps, tlb, vmid, pgd, fwb, flags, forcePteCb);
    this.rcu = m.rcu();
  }

  @Override
  public int walk(long addr, long size, PgtableWalker walker) {
    int ret = kvmPgtableWalkBegin(walker);
    if (ret != 0) {
      return ret;
    }
    ret = super.walk(addr, size, walker);
    kvmPgtableWalkEnd(walker);
    return ret;
  }

  /** {@code kvm_pgtable_walk_begin()}: an exclusive walk needs no RCU, and its callers may sleep between walks. */
  @KernelFunction(
      value = "kvm_pgtable_walk_begin",
      file = "arch/arm64/include/asm/kvm_pgtable.h",
      version = "v6.2-v6.12")
  protected int kvmPgtableWalkBegin(PgtableWalker walker) {
    if (walker.shared()) {
      rcu.readLock();
    }
    return 0;
  }

  /** {@code kvm_pgtable_walk_end()}. */
  @KernelFunction(value = "kvm_pgtable_walk_end", file = "arch/arm64/include/asm/kvm_pgtable.h", version = "v6.2-v6.12")
  protected void kvmPgtableWalkEnd(PgtableWalker walker) {
    if (walker.shared()) {
      rcu.readUnlock();
    }
  }

  @Override
  @KernelFunction(
      value = "__kvm_pgtable_walk",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.2-v6.12")
  protected int walkTable(
      long table, int level, long addr, long end, long start, boolean anchored, PgtableWalker walker) {
    for (long at = addr; at < end; at = geometry.entryEnd(at, level)) {
      var ptep = mmOps.entry(table, geometry.index(at, level));
      PgtableVisit ctx =
          new PgtableVisit(ptep, table, ptep.readOnce(), at, start, end, level, walker.flags(), anchored);
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
      version = "v6.2-v6.12")
  protected int visit(PgtableVisit ctx, PgtableWalker walker) {
    long pte = ctx.old();
    int visit = ctx.oldTable() ? PgtableWalker.TABLE_PRE : PgtableWalker.LEAF;
    if (walker.shows(visit)) {
      int ret = walker.visitor().visit(ctx, visit);
      if (!kvmPgtableWalkContinue(walker, ret)) {
        return ret;
      }
      // The call may have made a table of a leaf, or a leaf of a table; so may another walker.
      pte = ctx.ptep().readOnce();
    }
    if (!StageTwoPte.table(pte, ctx.level())) {
      return 0;
    }
    long end = Math.min(ctx.end(), geometry.entryEnd(ctx.addr(), ctx.level()));
    int ret = walkTable(kvmPteFollow(pte), ctx.level() + 1, ctx.addr(), end, ctx.start(), ctx.anchored(), walker);
    if (ret == 0 && walker.shows(PgtableWalker.TABLE_POST)) {
      ret = walker.visitor().visit(ctx.reloaded(pte), PgtableWalker.TABLE_POST);
    }
    return kvmPgtableWalkContinue(walker, ret) ? 0 : ret;
  }

  /** {@code kvm_pgtable_walk_continue()}: whether the walk goes on after {@code ret}. */
  @KernelFunction(
      value = "kvm_pgtable_walk_continue",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.3-v6.12",
      elided = "the model has it in v6.2 too, where any error ended a walk")
  protected boolean kvmPgtableWalkContinue(PgtableWalker walker, int ret) {
    return ret == 0 || (ret == -EAGAIN && !walker.shows(PgtableWalker.HANDLE_FAULT));
  }

  /** {@code stage2_try_set_pte()}: stores unless a parallel walker changed the entry; yields whether it did. */
  @KernelFunction(value = "stage2_try_set_pte", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v6.2-v6.12")
  protected boolean stage2TrySetPte(PgtableVisit ctx, long pte) {
    if (!ctx.shared()) {
      ctx.ptep().writeOnce(pte);
    } else if (ctx.ptep().cmpxchg(ctx.old(), pte) != ctx.old()) {
      return false;
    }
    traceSetPte(ctx, ctx.old(), pte);
    return true;
  }

  /**
   * {@code stage2_try_break_pte()}: the break of break-before-make. Yields whether the entry is now the caller's to
   * make: locked, its translations gone, its reference dropped.
   */
  @KernelFunction(
      value = "stage2_try_break_pte",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.2-v6.12")
  protected boolean stage2TryBreakPte(PgtableVisit ctx) {
    if (StageTwoPte.locked(ctx.old())) {
      // Another walker is between break and make.
      m.warnOn(!ctx.shared(), "stage2_try_break_pte: locked entry in an exclusive walk");
      return false;
    }
    if (!stage2TrySetPte(ctx, StageTwoPte.LOCKED)) {
      return false;
    }
    if (ctx.skipBbmTlbi()) {
      // The table is not linked: no walk of hardware can have come here.
    } else if (ctx.oldTable()) {
      flushBrokenTable(ctx);
    } else if (StageTwoPte.valid(ctx.old())) {
      tlb.kvmTlbFlushVmidIpa(vmid, ctx.addr(), ctx.level());
    }
    if (ctx.oldCounted()) {
      mmOps.putPage(ctx.table());
    }
    return true;
  }

  /** Drops the translations of everything below a table entry that was broken. */
  protected void flushBrokenTable(PgtableVisit ctx) {
    tlb.kvmTlbFlushVmid(vmid);
  }

  /** {@code stage2_make_pte()}: the make of break-before-make. */
  @KernelFunction(value = "stage2_make_pte", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v6.2-v6.12")
  protected void stage2MakePte(PgtableVisit ctx, long pte) {
    m.warnOn(!StageTwoPte.locked(ctx.ptep().readOnce()), "stage2_make_pte: entry is not locked");
    if (stage2PteIsCounted(pte)) {
      mmOps.getPage(ctx.table());
    }
    // Pairs with the loads of hardware and software walks: what the entry points to is initialised.
    ctx.ptep().storeRelease(pte);
    traceSetPte(ctx, StageTwoPte.LOCKED, pte);
  }

  /** {@code kvm_clear_pte()}. */
  @KernelFunction(value = "kvm_clear_pte", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v6.2-v6.12")
  protected void kvmClearPte(PgtableVisit ctx) {
    ctx.ptep().writeOnce(0);
    traceSetPte(ctx, ctx.old(), 0);
  }

  /**
   * {@code stage2_update_leaf_attrs()}: changes the attributes of every leaf.
   *
   * @param leaf takes the last leaf as it was before, and its level
   * @return {@code -EAGAIN} if a walk that serves a fault found no leaf, or lost a race
   */
  @KernelFunction(value = "stage2_update_leaf_attrs", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v6.2-v6.12")
  protected int stage2UpdateLeafAttrs(long addr, long size, long set, long clear, int flags, long[] leaf) {
    return walk(addr, size, new PgtableWalker(
        (ctx, visit) -> stage2AttrWalker(ctx, set, clear, leaf), flags | PgtableWalker.LEAF));
  }

  /** {@code stage2_attr_walker()}: changes the attributes of one leaf, see {@link #stage2UpdateLeafAttrs}. */
  @KernelFunction(value = "stage2_attr_walker", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v6.2-v6.12")
  protected int stage2AttrWalker(PgtableVisit ctx, long set, long clear, long[] leaf) {
    if (!StageTwoPte.valid(ctx.old())) {
      return -EAGAIN;
    }
    leaf[0] = ctx.old();
    leaf[1] = ctx.level();
    long pte = (ctx.old() & ~clear) | set;
    return pte != ctx.old() && !stage2TrySetPte(ctx, pte) ? -EAGAIN : 0;
  }

  /** {@code stage2_free_unlinked_table()}: frees a table once no parallel walker can be inside. */
  @KernelFunction(
      value = "stage2_free_unlinked_table",
      file = "arch/arm64/kvm/mmu.c",
      version = "v6.4-v6.12",
      elided = "till v6.3 it was stage2_free_removed_table()")
  protected void stage2FreeUnlinkedTable(long table, int level) {
    rcu.call(() -> kvmPgtableStage2FreeUnlinked(table, level));
  }

  /** Frees {@code table}, which an entry of {@code level} pointed to, with everything below it. */
  @KernelFunction(
      value = "kvm_pgtable_stage2_free_unlinked",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.4-v6.12",
      elided = "till v6.3 it was kvm_pgtable_stage2_free_removed()")
  protected void kvmPgtableStage2FreeUnlinked(long table, int level) {
    PgtableWalker walker = new PgtableWalker(
        (ctx, visit) -> stage2FreeWalker(ctx), PgtableWalker.LEAF | PgtableWalker.TABLE_POST);
    int ret = walkTable(table, level + 1, 0, geometry.granule(level), 0, false, walker);
    m.warnOn(ret != 0, "kvm_pgtable_stage2_free_unlinked: walk failed");
    m.warnOn(mmOps.pageCount(table) != 1, "kvm_pgtable_stage2_free_unlinked: table still counted");
    mmOps.putPage(table);
  }
}
