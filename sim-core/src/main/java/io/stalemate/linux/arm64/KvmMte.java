package io.stalemate.linux.arm64;

import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.mm.Mte;
import io.stalemate.linux.mm.Vma;
import io.stalemate.machine.KernelFunction;

/** What a VM whose guest uses allocation tags (MTE) asks of the memory it is given. */
final class KvmMte {

  private KvmMte() {}

  /** model: {@code KVM_CAP_ARM_MTE} is enabled for every VM of a host whose CPUs have tags. */
  @KernelFunction(value = "kvm_has_mte", file = "arch/arm64/include/asm/kvm_host.h", version = "v5.15-v6.12")
  static boolean kvmHasMte(Kvm kvm) {
    return kvm.mm.memMap.mte().isPresent();
  }

  /** The host's tags; the VM has MTE. */
  static Mte mte(Kvm kvm) {
    return kvm.mm.memMap.mte().orElseThrow();
  }

  /** Whether pages of a VMA may be the guest's. Before v6.2 anything but {@code VM_SHARED}: see {@code MteV515}. */
  @KernelFunction(value = "kvm_vma_mte_allowed", file = "arch/arm64/kvm/mmu.c", version = "v5.15-v6.12")
  static boolean kvmVmaMteAllowed(Kvm kvm, Vma vma) {
    return kvm.era == Era.V5_15 ? !vma.shared() : vma.mteAllowed();
  }

  /**
   * Initialises the tags of a page that has none yet. Held: {@code mmu_lock}; up to v5.17 that keeps other faults out,
   * later the two bits of {@link Mte} do.
   */
  @KernelFunction(value = "sanitise_mte_tags", file = "arch/arm64/kvm/mmu.c", version = "v6.2-v6.12")
  static void sanitiseMteTags(Kvm kvm, long pfn) {
    Mte mte = mte(kvm);
    if (mte.tryPageMteTagging(pfn)) {
      mte.mteClearPageTags(pfn);
      mte.setPageMteTagged(pfn);
    }
  }
}
