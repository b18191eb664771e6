package io.stalemate.linux.x86;

import io.stalemate.machine.KernelFunction;

/** How an SPTE changes in v6.8, where FROZEN_SPTE is called REMOVED_SPTE. */
public class TdpMmuV68 extends TdpMmu {

  public TdpMmuV68(X86Mmu mmu) {
    super(mmu);
  }

  @Override
  @KernelFunction(value = "tdp_mmu_zap_spte_atomic", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.9")
  public boolean zapSpteAtomic(TdpIter iter) {
    // What was below the entry is taken down while it is still reachable through the TLBs.
    if (!setSpteAtomic(iter, Spte.FROZEN)) {
      return false;
    }
    flushRemoteTlbsGfn(iter.gfn, iter.level);
    unfreeze(iter);
    return true;
  }
}
