package io.stalemate.linux.mm;

import io.stalemate.machine.KernelFunction;

/**
 * Tags before v6.2: one bit, tested, and set after the tags were cleared, with nothing to stop two from doing so at
 * once. That KVM refused {@code VM_SHARED} mappings and took {@code mmu_lock} exclusively was meant to make up for it;
 * a write of tags by ioctl beside a fault or an {@code mprotect(PROT_MTE)} is not covered (d77e59a8fccd).
 */
public class MteV515 extends Mte {

  /** The tags of the pages of {@code memMap}. */
  public MteV515(MemMap memMap) {
    super(memMap);
  }

  /** Yields whether the page's tags are still to be initialised. */
  @Override
  @KernelFunction(value = "sanitise_mte_tags", file = "arch/arm64/kvm/mmu.c", version = "v5.15",
      elided = "set before the clear in mte_sync_tags(), fixed by e059853d14ca in v6.2: taken as fixed here")
  public boolean tryPageMteTagging(long pfn) {
    return (flags(pfn).readOnce() & Page.PG_MTE_TAGGED) == 0;
  }
}
