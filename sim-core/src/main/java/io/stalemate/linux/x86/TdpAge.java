package io.stalemate.linux.x86;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.cpu.x86.EptPte;
import io.stalemate.machine.KernelFunction;

/**
 * Whether pages were used, and what is left of {@code change_pte}. Follows {@code arch/x86/kvm/mmu/tdp_mmu.c}. None of
 * it lets go of mmu_lock: the notifiers that come here must not wait.
 */
public class TdpAge {

  protected final X86Mmu mmu;

  public TdpAge(X86Mmu mmu) {
    this.mmu = mmu;
  }

  /** What is done with a leaf; yields whether that counts. */
  @FunctionalInterface
  private interface LeafHandler {
    boolean handle(TdpIter iter);
  }

  /** Makes the leafs of a range old; yields whether any was young. Held: mmu_lock(w). */
  @KernelFunction(value = "kvm_tdp_mmu_age_gfn_range", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  public boolean age(long gfnStart, long gfnEnd) {
    return handleGfn(gfnStart, gfnEnd, this::ageLeaf);
  }

  /** Yields whether a leaf of the range is young. Held: mmu_lock(w). */
  @KernelFunction(value = "kvm_tdp_mmu_test_age_gfn", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  public boolean testAge(long gfnStart, long gfnEnd) {
    return handleGfn(gfnStart, gfnEnd, iter -> Spte.accessed(iter.oldSpte));
  }

  /** The host put the read-only {@code pfn} behind {@code gfn}; yields whether to flush. Held: mmu_lock(w). */
  @KernelFunction(value = "kvm_tdp_mmu_set_spte_gfn", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.9",
      elided = "writable pages, which change_pte is never called for here")
  public boolean setSpteGfn(long gfn, long pfn) {
    return handleGfn(gfn, gfn + 1, iter -> setLeaf(iter, pfn));
  }

  @KernelFunction(value = "kvm_tdp_mmu_handle_gfn", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  private boolean handleGfn(long gfnStart, long gfnEnd, LeafHandler handler) {
    boolean ret = false;
    for (KvmMmuPage root = mmu.roots.nextLocked(null); root != null; root = mmu.roots.nextLocked(root)) {
      mmu.m.rcu().readLock();
      TdpIter iter = mmu.tdpMmu.iter(root, EptGeometry.LEVEL_4K, gfnStart, gfnEnd);
      for (; iter.valid; iter.next()) {
        if (Spte.leaf(iter.oldSpte, iter.level)) {
          ret |= handler.handle(iter);
        }
      }
      mmu.m.rcu().readUnlock();
    }
    return ret;
  }

  @KernelFunction(value = "age_gfn_range", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  private boolean ageLeaf(TdpIter iter) {
    // Without the bit in hardware the entry becomes one that faults; it was young unless it is that already.
    if (!Spte.accessed(iter.oldSpte)) {
      return false;
    }
    if (Spte.adEnabled(iter.oldSpte)) {
      iter.oldSpte =
          mmu.tdpMmu.clearSpteBits(iter.sptep(), iter.oldSpte, EptPte.ACCESSED, iter.gfn, iter.level);
    } else {
      if (Spte.writable(iter.oldSpte)) {
        // W is what says that the page is dirty, and it goes.
        mmu.kvm.gfnToPfn.setPfnDirty(Spte.pfn(iter.oldSpte));
      }
      long newSpte = Spte.markForAccessTrack(iter.oldSpte);
      iter.oldSpte = mmu.tdpMmu.writeSpte(iter.sptep(), iter.oldSpte, newSpte, iter.gfn, iter.level);
    }
    return true;
  }

  @KernelFunction(value = "set_spte_gfn", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.9")
  private boolean setLeaf(TdpIter iter, long pfn) {
    // The notifier pair around this has emptied the entry, huge or not: what is found here is a small leaf at most.
    if (iter.level != EptGeometry.LEVEL_4K) {
      return false;
    }
    long old = mmu.tdpMmu.iterSetSpte(iter, Spte.NONPRESENT);
    iter.oldSpte = Spte.NONPRESENT;
    mmu.tdpMmu.iterSetSpte(iter, mmu.makeSpte.changedPteNotifierMakeSpte(old, pfn));
    return true;
  }
}
