package io.stalemate.linux.x86;

import io.stalemate.machine.KernelFunction;

/** The roots up to v6.8: a vCPU gets and loses its root under mmu_lock(w). */
public class TdpRootsV68 extends TdpRoots {

  public TdpRootsV68(X86Mmu mmu) {
    super(mmu);
  }

  @Override
  @KernelFunction(value = "kvm_tdp_mmu_get_vcpu_root_hpa", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.4-v6.8")
  protected long allocRoot(X86Vcpu vcpu) {
    kvm.mmuLock.writeLock();
    KvmMmuPage root = findValidRoot();
    if (root == null) {
      tdpMmuPagesLock().lock();
      root = addRoot(vcpu);
      tdpMmuPagesLock().unlock();
    }
    kvm.mmuLock.writeUnlock();
    return root.pfn();
  }

  @Override
  protected void lockToFree() {
    kvm.mmuLock.writeLock();
  }

  @Override
  protected void unlockToFree() {
    kvm.mmuLock.writeUnlock();
  }
}
