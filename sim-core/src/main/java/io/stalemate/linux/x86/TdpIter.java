package io.stalemate.linux.x86;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.machine.OnStack;
import io.stalemate.machine.Word;

/**
 * {@code struct tdp_iter}: a pre-order walk over the entries of one root, on its walker's stack. Follows
 * {@code arch/x86/kvm/mmu/tdp_iter.c}. Tables are reached through entries read a moment ago: so all of it happens
 * inside rcu, and a walker that let go of mmu_lock starts again from the root ({@link #yielded}).
 *
 * <p>{@code for (TdpIter iter = mmu.tdpMmu.iter(...); iter.valid; iter.next())} is the kernel's
 * {@code for_each_tdp_pte_min_level()}.
 */
@OnStack
public class TdpIter {

  protected final X86Mmu mmu;
  protected final KvmMmuPage root;
  /** The lowest level that is looked at. */
  public final int minLevel;
  /** First gfn past what is walked. */
  protected final long end;

  /** {@code pt_path}: the tables that lead to the entry, by level less one. */
  private final KvmMmuPage[] ptPath;

  /** First gfn of the page or leaf that comes next: where the walk goes on if it is interrupted. */
  public long nextLastLevelGfn;
  /** {@link #nextLastLevelGfn} when the walk was interrupted last: as long as they are equal nothing was done since. */
  public long yieldedGfn;
  /** First gfn of the entry. */
  public long gfn;
  /** Level of the entry. */
  public int level;
  /** What the entry held when it was last looked at. */
  public long oldSpte;
  /** False once the walk is past its end. */
  public boolean valid;
  /** mmu_lock was let go of: nothing of the path may be used, {@link #next} starts again. */
  public boolean yielded;

  /**
   * Starts a walk of {@code [start, end)} below {@code root}: entries from the root's level down to {@code minLevel}.
   * Held: rcu.
   */
  public TdpIter(X86Mmu mmu, KvmMmuPage root, int minLevel, long start, long end) {
    this.mmu = mmu;
    this.root = root;
    this.minLevel = minLevel;
    this.end = end;
    this.ptPath = new KvmMmuPage[mmu.geometry.levels()];
    this.ptPath[mmu.geometry.levels() - 1] = root;
    this.nextLastLevelGfn = start;
    restart();
  }

  /** The entry that the walk is at. */
  public final Word sptep() {
    return sp().sptep(mmu.geometry.index(gfn, level));
  }

  /** The table of that entry. */
  public final KvmMmuPage sp() {
    return ptPath[level - 1];
  }

  /** {@code tdp_iter_restart()}: back to the root, towards the page that comes next. */
  public final void restart() {
    yielded = false;
    yieldedGfn = nextLastLevelGfn;
    level = mmu.geometry.levels();
    gfn = mmu.geometry.roundDown(nextLastLevelGfn, level);
    valid = gfn < end;
    if (valid) {
      oldSpte = readSpte();
    }
  }

  /** {@code tdp_iter_next()}: goes down if there is a table, else on to the next entry; or starts again. */
  public void next() {
    if (yielded) {
      restart();
    } else {
      advance();
    }
  }

  /** Goes down, aside or up. */
  protected final void advance() {
    if (!tryStepDown()) {
      boolean aside = tryStepSide();
      while (!aside && tryStepUp()) {
        aside = tryStepSide();
      }
      valid &= aside;
    }
    valid &= gfn < end;
  }

  private boolean tryStepDown() {
    if (level == minLevel) {
      return false;
    }
    // Read again: the table that was there may have been unlinked since, and be on its way out.
    oldSpte = readSpte();
    if (!Spte.table(oldSpte, level)) {
      return false;
    }
    level--;
    ptPath[level - 1] = mmu.toShadowPage(Spte.pfn(oldSpte));
    gfn = mmu.geometry.roundDown(nextLastLevelGfn, level);
    oldSpte = readSpte();
    return true;
  }

  private boolean tryStepSide() {
    EptGeometry geometry = mmu.geometry;
    if (geometry.index(gfn, level) == geometry.entries() - 1) {
      return false;
    }
    gfn += geometry.pages(level);
    nextLastLevelGfn = gfn;
    if (gfn < end) {
      oldSpte = readSpte();
    }
    return true;
  }

  private boolean tryStepUp() {
    if (level == mmu.geometry.levels()) {
      return false;
    }
    level++;
    // elided: the entry is read again here; nobody looks at it before the step aside
    gfn = mmu.geometry.roundDown(gfn, level);
    return true;
  }

  /** {@code kvm_tdp_mmu_read_spte()}: READ_ONCE of an entry that others may change at any time. */
  private long readSpte() {
    return sptep().readOnce();
  }
}
