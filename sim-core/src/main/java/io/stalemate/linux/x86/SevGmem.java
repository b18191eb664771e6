package io.stalemate.linux.x86;

import io.stalemate.machine.KernelFunction;

/** Whose a guest_memfd's frame is, for SNP guests. Follows {@code arch/x86/kvm/svm/sev.c} of v6.11. */
public class SevGmem {

  protected final X86Mmu mmu;

  public SevGmem(X86Mmu mmu) {
    this.mmu = mmu;
  }

  /** Frame {@code pfn} is about to be mapped as private: it becomes the guest's. Yields 0. Held: page lock. */
  @KernelFunction(value = "sev_gmem_prepare", file = "arch/x86/kvm/svm/sev.c", version = "v6.11-v6.12",
      elided = "2M entries, RMPUPDATE failing")
  public int prepare(long pfn) {
    if (mmu.vm.type() == VmType.SNP && !mmu.rmp.assigned(pfn)) {
      mmu.rmp.update(pfn, true);
    }
    return 0;
  }

  /** Frame {@code pfn} left its file: it becomes the host's again, before anybody can allocate it. Held: page lock. */
  @KernelFunction(value = "sev_gmem_invalidate", file = "arch/x86/kvm/svm/sev.c", version = "v6.11-v6.12",
      elided = "PSMASH, WBNOINVD")
  public void invalidate(long pfn) {
    if (mmu.vm.type() == VmType.SNP && mmu.rmp.assigned(pfn)) {
      mmu.rmp.update(pfn, false);
    }
  }
}
