package io.stalemate.linux.x86;

import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.machine.Gfp;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Pages;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;
import org.jspecify.annotations.Nullable;

/**
 * Splitting of huge leafs, of {@code arch/x86/kvm/mmu/tdp_mmu.c}: a table of small leafs that translate the same takes
 * the leaf's place. Nothing is flushed; whichever of the two a CPU has cached, the translation is right.
 */
public class TdpSplit {

  protected final X86Mmu mmu;

  /** {@code eager_page_split}: a parameter of the module, which an administrator may write at any time. */
  private final Word eagerPageSplit;

  /** Splitting in the tables of {@code mmu}; eager. */
  public TdpSplit(X86Mmu mmu) {
    this.mmu = mmu;
    this.eagerPageSplit = mmu.m.word("eager_page_split", 1);
  }

  /** Sets the module's parameter. */
  public void setEagerPageSplit(boolean eager) {
    eagerPageSplit.writeOnce(eager ? 1 : 0);
  }

  /** Whether huge leafs are split when logging makes them read-only, and not only by the fault that follows. */
  public boolean eagerPageSplit() {
    return eagerPageSplit.readOnce() != 0;
  }

  /**
   * Splits the huge leafs of a range down to {@code targetLevel}; best effort. Held: mmu_lock, for reading if {@code
   * shared}; let go of in between. May sleep.
   */
  @KernelFunction(value = "kvm_tdp_mmu_try_split_huge_pages", file = "arch/x86/kvm/mmu/tdp_mmu.c",
      version = "v6.8-v6.12")
  public void trySplitHugePages(KvmMemorySlot slot, long gfnStart, long gfnEnd, int targetLevel, boolean shared) {
    mmu.kvm.mmuLock.assertHeld();
    for (KvmMmuPage root = mmu.roots.next(null, true); root != null; root = mmu.roots.next(root, true)) {
      if (!splitHugePagesRoot(root, gfnStart, gfnEnd, targetLevel, shared)) {
        mmu.roots.putRoot(root);
        break;
      }
    }
  }

  /** Yields false if there was no page for a table. */
  @KernelFunction(value = "tdp_mmu_split_huge_pages_root", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  private boolean splitHugePagesRoot(KvmMmuPage root, long gfnStart, long gfnEnd, int targetLevel, boolean shared) {
    KvmMmuPage sp = null;
    boolean enough = true;
    mmu.m.rcu().readLock();
    // Each entry before its children: what became a table is descended into, and split further if need be.
    TdpIter iter = mmu.tdpMmu.iter(root, targetLevel + 1, gfnStart, gfnEnd);
    walk:
    for (; iter.valid; iter.next()) {
      while (!mmu.tdpMmu.iterCondResched(iter, false, shared) && isHuge(iter)) {
        if (sp == null) {
          sp = allocSpForSplit(iter, shared);
          if (sp == null) {
            enough = false;
            break walk;
          }
          if (iter.yielded) {
            break;
          }
        }
        mmu.tdpMmu.initChildSp(sp, iter);
        if (splitHugePage(iter, sp, shared)) {
          sp = null;
          break;
        }
      }
    }
    mmu.m.rcu().readUnlock();
    // Left over if a fault split the last huge leaf first.
    if (sp != null) {
      mmu.tdpMmu.freeSp(sp);
    }
    return enough;
  }

  private static boolean isHuge(TdpIter iter) {
    return Spte.shadowPresent(iter.oldSpte) && Spte.large(iter.oldSpte);
  }

  /**
   * {@code tdp_mmu_alloc_sp_for_split()}: a table, or null. mmu_lock and the rcu section are let go of meanwhile, after
   * which the entry may be anything: the iterator walks to it again (cf3ff0ee24d6).
   */
  @KernelFunction(value = "tdp_mmu_alloc_sp_for_split", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.11-v6.12")
  protected @Nullable KvmMmuPage allocSpForSplit(TdpIter iter, boolean shared) {
    mmu.m.rcu().readUnlock();
    unlock(shared);
    KvmMmuPage sp = newSp(Gfp.KERNEL);
    lock(shared);
    mmu.m.rcu().readLock();
    yielded(iter);
    return sp;
  }

  /** {@code iter->yielded = true}: the next step begins at the root. */
  protected void yielded(TdpIter iter) {
    iter.yielded = true;
  }

  /** A zeroed table page, or null. */
  protected @Nullable KvmMmuPage newSp(Gfp gfp) {
    int words = mmu.geometry.entries() + KvmMmuPage.HEADER_WORDS;
    long pfn = mmu.m.pages().alloc(PageUse.TABLE, words, gfp);
    return pfn == Pages.NO_PAGE ? null : mmu.toShadowPage(pfn);
  }

  /**
   * Replaces the huge leaf that the walk is at by {@code sp}, which is filled here. Held: mmu_lock, rcu. Yields whether
   * it is linked; if not, the entry changed, and {@code sp} is the caller's still.
   */
  @KernelFunction(value = "tdp_mmu_split_huge_page", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12",
      elided = "page statistics")
  public boolean splitHugePage(TdpIter iter, KvmMmuPage sp, boolean shared) {
    long hugeSpte = iter.oldSpte;
    long childPages = mmu.geometry.pages(iter.level - 1);
    for (int i = 0; i < mmu.geometry.entries(); i++) {
      long child = mmu.makeSpte.makeHugePageSplitSpte(hugeSpte, iter.level, i);
      // Plain: nobody reaches the table before it is linked.
      Word sptep = sp.sptep(i);
      long old = sptep.read();
      sptep.write(child);
      mmu.m.trace(Tracepoint.TDP_SET_SPTE, iter.gfn + i * childPages, iter.level - 1, old, child);
    }
    boolean linked = link(iter, sp, shared);
    mmu.m.trace(Tracepoint.SPLIT_HUGE_PAGE, iter.gfn, hugeSpte, iter.level, linked ? 1 : 0);
    return linked;
  }

  /** {@code tdp_mmu_link_sp()}: by a cmpxchg from the huge leaf if {@code shared}. */
  protected boolean link(TdpIter iter, KvmMmuPage sp, boolean shared) {
    return mmu.tdpMmu.linkSp(iter, sp, shared);
  }

  private void lock(boolean shared) {
    if (shared) {
      mmu.kvm.mmuLock.readLock();
    } else {
      mmu.kvm.mmuLock.writeLock();
    }
  }

  private void unlock(boolean shared) {
    if (shared) {
      mmu.kvm.mmuLock.readUnlock();
    } else {
      mmu.kvm.mmuLock.writeUnlock();
    }
  }
}
