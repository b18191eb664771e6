package io.stalemate.linux.x86;

import io.stalemate.machine.Gfp;
import io.stalemate.machine.KernelFunction;
import org.jspecify.annotations.Nullable;

/** Splitting up to v6.10: mmu_lock is let go of only if there is no page without sleeping. */
public class TdpSplitV68 extends TdpSplit {

  /** As {@link TdpSplit#TdpSplit}. */
  public TdpSplitV68(X86Mmu mmu) {
    super(mmu);
  }

  @Override
  @KernelFunction(value = "tdp_mmu_alloc_sp_for_split", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.10")
  protected @Nullable KvmMmuPage allocSpForSplit(TdpIter iter, boolean shared) {
    KvmMmuPage sp = newSp(Gfp.ATOMIC);
    return sp != null ? sp : super.allocSpForSplit(iter, shared);
  }
}
