package io.stalemate.linux.x86;

import io.stalemate.linux.kvm.Kvm;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;

/**
 * How an SPTE changes. Follows {@code arch/x86/kvm/mmu/tdp_mmu.c}.
 *
 * <p>Under mmu_lock(r) entries change by compare-and-exchange alone; a change that must not be undone before the TLBs
 * are flushed freezes the entry meanwhile. Under mmu_lock(w) there is only the fast path and hardware to reckon with,
 * which touch present leafs: see {@link #needAtomicWrite}. Tables that are unlinked are freed after a grace period, for
 * those who walk under mmu_lock(r) or without it.
 */
public class TdpMmu {

  protected final X86Mmu mmu;

  public TdpMmu(X86Mmu mmu) {
    this.mmu = mmu;
  }

  /** {@code for_each_tdp_pte_min_level()}: starts a walk, see {@link TdpIter}. Held: mmu_lock or srcu; rcu. */
  public TdpIter iter(KvmMmuPage root, int minLevel, long start, long end) {
    return new TdpIter(mmu, root, minLevel, start, end);
  }

  /**
   * Changes the entry from what {@code iter} saw to {@code newSpte}, with all consequences. Yields false, with the walk
   * at the same entry and looking at its new value, if somebody else changed it. Held: mmu_lock(r), rcu.
   */
  @KernelFunction(value = "tdp_mmu_set_spte_atomic", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  public boolean setSpteAtomic(TdpIter iter, long newSpte) {
    if (!trySetSpteAtomic(iter, newSpte)) {
      return false;
    }
    handleChangedSpte(iter.gfn, iter.oldSpte, newSpte, iter.level, true);
    return true;
  }

  @KernelFunction(value = "__tdp_mmu_set_spte_atomic", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.12")
  protected boolean trySetSpteAtomic(TdpIter iter, long newSpte) {
    kvm().mmuLock.assertHeld();
    checkMayChange(iter);
    long old = iter.sptep().cmpxchg(iter.oldSpte, newSpte);
    if (old != iter.oldSpte) {
      iter.oldSpte = old;
      return false;
    }
    changed(iter.gfn, iter.level, old, newSpte);
    return true;
  }

  /** A frozen entry is its freezer's, and an entry on a path that was let go of is nobody's. */
  protected void checkMayChange(TdpIter iter) {
    m().warnOn(iter.yielded || Spte.frozen(iter.oldSpte), "tdp_mmu_set_spte_atomic: yielded or frozen");
  }

  /**
   * Empties the entry; nothing can take its place before the TLBs are flushed. Yields false as {@link #setSpteAtomic}.
   * Held: mmu_lock(r), rcu.
   */
  @KernelFunction(value = "tdp_mmu_zap_spte_atomic", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.10-v6.12")
  public boolean zapSpteAtomic(TdpIter iter) {
    if (!trySetSpteAtomic(iter, Spte.FROZEN)) {
      return false;
    }
    flushRemoteTlbsGfn(iter.gfn, iter.level);
    unfreeze(iter);
    // Last, so that others neither wait for what is below a table nor fault on what is left of it (aca48556c592).
    handleChangedSpte(iter.gfn, iter.oldSpte, Spte.NONPRESENT, iter.level, true);
    return true;
  }

  /** __kvm_tdp_mmu_write_spte(): plain, as nobody else changes a frozen entry. */
  protected final void unfreeze(TdpIter iter) {
    iter.sptep().writeOnce(Spte.NONPRESENT);
    changed(iter.gfn, iter.level, Spte.FROZEN, Spte.NONPRESENT);
  }

  /** Changes the entry, with all consequences; yields what it held, also in {@code iter.oldSpte}. Held: mmu_lock(w). */
  @KernelFunction(value = "tdp_mmu_iter_set_spte", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  public long iterSetSpte(TdpIter iter, long newSpte) {
    m().warnOn(iter.yielded, "tdp_mmu_iter_set_spte: yielded");
    iter.oldSpte = setSpte(iter.sptep(), iter.oldSpte, newSpte, iter.gfn, iter.level);
    return iter.oldSpte;
  }

  @KernelFunction(value = "tdp_mmu_set_spte", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  protected long setSpte(Word sptep, long oldSpte, long newSpte, long gfn, int level) {
    kvm().mmuLock.assertHeldWrite();
    // Who freezes an entry holds mmu_lock(r) until it is done.
    m().warnOn(Spte.frozen(oldSpte) || Spte.frozen(newSpte), "tdp_mmu_set_spte: a frozen entry under mmu_lock(w)");
    long old = writeSpte(sptep, oldSpte, newSpte, gfn, level);
    handleChangedSpte(gfn, old, newSpte, level, false);
    return old;
  }

  /** Stores an entry, without consequences; yields what it held. Held: mmu_lock(w). */
  @KernelFunction(value = "kvm_tdp_mmu_write_spte", file = "arch/x86/kvm/mmu/tdp_iter.h", version = "v6.8-v6.12")
  public long writeSpte(Word sptep, long oldSpte, long newSpte, long gfn, int level) {
    long old = oldSpte;
    if (needAtomicWrite(oldSpte, level)) {
      old = sptep.xchg(newSpte);
    } else {
      sptep.writeOnce(newSpte);
    }
    changed(gfn, level, old, newSpte);
    return old;
  }

  /** Clears the bits of {@code mask} in an entry, without consequences; yields what it held. Held: mmu_lock(w). */
  @KernelFunction(value = "tdp_mmu_clear_spte_bits", file = "arch/x86/kvm/mmu/tdp_iter.h", version = "v6.8-v6.12")
  public long clearSpteBits(Word sptep, long oldSpte, long mask, long gfn, int level) {
    long old = oldSpte;
    if (needAtomicWrite(oldSpte, level)) {
      old = sptep.fetchAnd(~mask);
    } else {
      sptep.writeOnce(oldSpte & ~mask);
    }
    changed(gfn, level, old, old & ~mask);
    return old;
  }

  /**
   * Whether hardware or the fast path may change the entry although the caller has mmu_lock(w): then a plain store
   * would lose what they set (ba3a6120a4e7).
   */
  @KernelFunction(value = "kvm_tdp_mmu_spte_need_atomic_write", file = "arch/x86/kvm/mmu/tdp_iter.h",
      version = "v6.8-v6.12")
  protected boolean needAtomicWrite(long oldSpte, int level) {
    return Spte.leaf(oldSpte, level) && Spte.hasVolatileBits(oldSpte);
  }

  /** What follows from a change of an entry: the page's state, and the end of what was below it. */
  @KernelFunction(value = "handle_changed_spte", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12",
      elided = "BUG(): the warning stands for it; statistics")
  protected void handleChangedSpte(long gfn, long oldSpte, long newSpte, int level, boolean shared) {
    boolean wasPresent = Spte.shadowPresent(oldSpte);
    boolean isPresent = Spte.shadowPresent(newSpte);
    boolean wasLeaf = Spte.leaf(oldSpte, level);
    boolean isLeaf = Spte.leaf(newSpte, level);
    boolean pfnChanged = Spte.pfn(oldSpte) != Spte.pfn(newSpte);
    // A notifier, or an invalidation, has to have emptied the entry, and flushed it, in between.
    m().warnOn(wasLeaf && isLeaf && pfnChanged, "handle_changed_spte: a leaf's pfn changed while it was present");
    if (oldSpte == newSpte) {
      return;
    }
    if (!wasPresent && !isPresent) {
      m().warnOn(!Spte.mmio(oldSpte) && !Spte.mmio(newSpte) && !Spte.frozen(newSpte),
          "handle_changed_spte: one empty entry took the place of another");
      return;
    }
    if (isLeaf) {
      checkSpteWritableInvariants(newSpte);
    }
    if (wasLeaf && Spte.dirty(oldSpte) && (!isPresent || !Spte.dirty(newSpte) || pfnChanged)) {
      kvm().gfnToPfn.setPfnDirty(Spte.pfn(oldSpte));
    }
    if (wasPresent && !wasLeaf) {
      m().warnOn(isPresent && !isLeaf && pfnChanged, "handle_changed_spte: one table took the place of another");
      if (isLeaf || !isPresent || pfnChanged) {
        handleRemovedPt(mmu.toShadowPage(Spte.pfn(oldSpte)), shared);
      }
    }
    if (wasLeaf && Spte.accessed(oldSpte) && (!isPresent || !Spte.accessed(newSpte) || pfnChanged)) {
      kvm().gfnToPfn.setPfnAccessed(Spte.pfn(oldSpte));
    }
  }

  @KernelFunction(value = "check_spte_writable_invariants", file = "arch/x86/kvm/mmu/spte.h", version = "v6.8-v6.12")
  private void checkSpteWritableInvariants(long spte) {
    if (Spte.mmuWritable(spte)) {
      m().warnOn(!Spte.hostWritable(spte), "check_spte_writable_invariants: MMU-writable and not host-writable");
    } else {
      m().warnOn(Spte.writable(spte), "check_spte_writable_invariants: writable and not MMU-writable");
    }
  }

  /** Takes down a table that no entry points to any more, and all below it. Whoever unlinked it does. */
  @KernelFunction(value = "handle_removed_pt", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  protected void handleRemovedPt(KvmMmuPage sp, boolean shared) {
    int level = KvmMmuPage.level(sp.role().read());
    long baseGfn = sp.gfn().read();
    for (int i = 0; i < mmu.geometry.entries(); i++) {
      Word sptep = sp.sptep(i);
      long gfn = baseGfn + i * mmu.geometry.pages(level);
      long old;
      if (shared) {
        // Those who came here before the table was unlinked may still map; whoever froze an entry finishes first.
        old = freeze(sptep);
        while (Spte.frozen(old)) {
          m().retrying();
          old = freeze(sptep);
        }
        changed(gfn, level, old, Spte.FROZEN);
      } else {
        old = sptep.readOnce();
        // MMIO entries may stay: their generation says whether they count.
        if (!Spte.shadowPresent(old)) {
          continue;
        }
        // The fast path may still be in here, and CPUs may use what they cached of the tables above.
        old = writeSpte(sptep, old, Spte.FROZEN, gfn, level);
      }
      handleChangedSpte(gfn, old, Spte.FROZEN, level, shared);
    }
    freeSpRcu(sp);
  }

  private static long freeze(Word sptep) {
    return sptep.xchg(Spte.FROZEN);
  }

  /** call_rcu(): those who walk without mmu_lock, or share it, may still be in the table. */
  protected void freeSpRcu(KvmMmuPage sp) {
    m().rcu().call(() -> freeSp(sp));
  }

  /** Frees a table that nobody reaches. */
  @KernelFunction(value = "tdp_mmu_free_sp", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  public void freeSp(KvmMmuPage sp) {
    m().pages().free(sp.pfn());
  }

  /** Yields an empty table from the vCPU's cache. */
  @KernelFunction(value = "tdp_mmu_alloc_sp", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12",
      elided = "the header's own cache: it lies behind the entries here")
  public KvmMmuPage allocSp(X86Vcpu vcpu) {
    return mmu.toShadowPage(vcpu.mmuPageCache.alloc());
  }

  /** Says what the table is: nobody sees it yet. */
  @KernelFunction(value = "tdp_mmu_init_sp", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12",
      elided = "ptep, which recovery of NX huge pages uses")
  public void initSp(KvmMmuPage sp, long gfn, int level) {
    sp.role().write(level);
    sp.gfn().write(gfn);
  }

  /** Says that {@code sp} is for the table that the entry {@code iter} is at will point to. */
  @KernelFunction(value = "tdp_mmu_init_child_sp", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  public void initChildSp(KvmMmuPage sp, TdpIter iter) {
    initSp(sp, iter.gfn, iter.level - 1);
  }

  /**
   * Makes the entry point to {@code sp}; yields false if somebody else changed it: {@code sp} is the caller's still.
   * Held: mmu_lock, for reading if {@code shared}; rcu.
   */
  @KernelFunction(value = "tdp_mmu_link_sp", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12",
      elided = "counting pages: the accounting oracle does")
  public boolean linkSp(TdpIter iter, KvmMmuPage sp, boolean shared) {
    long spte = mmu.makeSpte.makeNonleafSpte(sp.pfn());
    if (shared) {
      return setSpteAtomic(iter, spte);
    }
    iterSetSpte(iter, spte);
    return true;
  }

  /**
   * Lets go of mmu_lock and rcu if somebody waits for the lock and the walk got somewhere since it did so last; flushes
   * before if asked. Yields true if it did: the caller goes on with {@link TdpIter#next}, which starts again. Held:
   * mmu_lock, for reading if {@code shared}; rcu.
   */
  @KernelFunction(value = "tdp_mmu_iter_cond_resched", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12",
      elided = "need_resched()")
  public boolean iterCondResched(TdpIter iter, boolean flush, boolean shared) {
    m().warnOn(iter.yielded, "tdp_mmu_iter_cond_resched: yielded already");
    if (!madeProgress(iter) || !kvm().mmuLock.needbreak()) {
      return false;
    }
    m().trace(Tracepoint.TDP_YIELD, iter.nextLastLevelGfn, 0);
    if (flush) {
      flushBeforeYield();
    }
    m().rcu().readUnlock();
    if (shared) {
      kvm().mmuLock.readUnlock();
      m().mightSleep();
      kvm().mmuLock.readLock();
    } else {
      kvm().mmuLock.writeUnlock();
      m().mightSleep();
      kvm().mmuLock.writeLock();
    }
    m().rcu().readLock();
    m().warnOn(iter.gfn > iter.nextLastLevelGfn, "tdp_mmu_iter_cond_resched: the walk went back");
    iter.yielded = true;
    return true;
  }

  /** Two walkers that give way to each other at the same entry would both stay there (ed5e484b79e8). */
  protected boolean madeProgress(TdpIter iter) {
    return iter.nextLastLevelGfn != iter.yieldedGfn;
  }

  /** What was zapped is flushed before others may find it empty. */
  protected void flushBeforeYield() {
    mmu.flushRemoteTlbs();
  }

  /** {@code kvm_flush_remote_tlbs_gfn()}: what an entry of {@code level} at {@code gfn} translates. */
  @KernelFunction(value = "kvm_flush_remote_tlbs_gfn", file = "arch/x86/kvm/mmu/mmu_internal.h",
      version = "v6.8-v6.12", elided = "ranges, which only Hyper-V has: everything goes")
  public void flushRemoteTlbsGfn(long gfn, int level) {
    mmu.flushRemoteTlbs();
  }

  /** Announces a change, directly after the store. */
  protected final void changed(long gfn, int level, long oldSpte, long newSpte) {
    m().trace(Tracepoint.TDP_SET_SPTE, gfn, level, oldSpte, newSpte);
  }

  private Machine m() {
    return mmu.m;
  }

  private Kvm kvm() {
    return mmu.kvm;
  }
}
