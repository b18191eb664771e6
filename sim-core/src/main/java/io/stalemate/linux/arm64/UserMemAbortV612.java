package io.stalemate.linux.arm64;

import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.machine.KernelFunction;

/**
 * The fault path of v6.12. Its order of steps is the one that {@link UserMemAbortV62} has with the fix of its stable
 * series; what changed is that access-flag faults too run beside others.
 */
public class UserMemAbortV612 extends UserMemAbortV62 {

  /** The fault path of the VM {@code kvm}. */
  public UserMemAbortV612(Kvm kvm, KvmS2Mmu mmu) {
    super(kvm, mmu);
  }

  @Override
  @KernelFunction(
      value = "user_mem_abort",
      file = "arch/arm64/kvm/mmu.c",
      version = "v6.12",
      elided = "device memory, nested virtualisation, hwpoison signal")
  public int userMemAbort(StageTwoFault fault) {
    return super.userMemAbort(fault);
  }

  @Override
  @KernelFunction(
      value = "handle_access_fault",
      file = "arch/arm64/kvm/mmu.c",
      version = "v6.3-v6.12",
      elided = "marking the page accessed after the unlock: here it is done before")
  public void handleAccessFault(KvmVcpu vcpu, long faultIpa) {
    kvm.mmuLock.readLock();
    mkyoung(faultIpa, FAULT_WALK);
    kvm.mmuLock.readUnlock();
  }
}
