package io.stalemate.linux.x86;

import static io.stalemate.linux.Errno.EFAULT;

import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmPfn;
import io.stalemate.linux.kvm.MemoryRegions;
import io.stalemate.machine.KernelFunction;
import java.util.Optional;

/**
 * {@code kvm_faultin_pfn()} of v6.8: what the slot says comes before private against shared, and that there is none
 * comes last, from the lookup of the frame.
 */
public class KvmFaultinV68 extends KvmFaultin {

  /** The lookups of the VM whose MMU is {@code mmu}. */
  public KvmFaultinV68(X86Mmu mmu) {
    super(mmu);
  }

  @Override
  @KernelFunction(value = "kvm_faultin_pfn", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8")
  public int kvmFaultinPfn(X86Vcpu vcpu, KvmPageFault fault, int access) {
    sampleSeq(fault);
    if (fault.slot != null && retryUnsafe(fault)) {
      return RetPf.RETRY;
    }
    int ret = slotThenKind(vcpu, fault);
    if (ret != RetPf.CONTINUE) {
      return ret;
    }
    if (new KvmPfn(fault.pfn, false).isError()) {
      return handleErrorPfn(fault);
    }
    if (fault.slot == null) {
      return handleNoslotFault(vcpu, fault, access);
    }
    return checkAgain(fault);
  }

  /** What the slot has to say, whether the kinds differ, and the frame. */
  @KernelFunction(value = "__kvm_faultin_pfn", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8", elided = "signals")
  protected int slotThenKind(X86Vcpu vcpu, KvmPageFault fault) {
    KvmMemorySlot slot = fault.slot;
    if (slot != null && slot.isInvalid()) {
      return RetPf.RETRY;
    }
    if (slot == null || slot.id() >= MemoryRegions.KVM_USER_MEM_SLOTS) {
      // No internal slot, whichever, is for L2.
      if (vcpu.isGuestMode()) {
        fault.slot = null;
        fault.pfn = KvmPfn.NOSLOT;
        fault.mapWritable = false;
        return RetPf.CONTINUE;
      }
      if (slot != null && slot.id() == ApicAccessPage.PRIVATE_MEMSLOT && !mmu.apic.apicvActivated()) {
        return RetPf.EMULATE;
      }
    }
    if (kindDiffers(fault)) {
      fault.prepareMemoryFaultExit();
      return -EFAULT;
    }
    if (!fault.isPrivate) {
      return faultinShared(vcpu, fault, Optional.ofNullable(slot));
    }
    if (slot == null) {
      // kvm_faultin_pfn_private(): no slot is none that can be private.
      fault.prepareMemoryFaultExit();
      return -EFAULT;
    }
    return faultinPrivate(fault, slot);
  }

  @Override
  @KernelFunction(value = "kvm_handle_noslot_fault", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8")
  protected int handleNoslotFault(X86Vcpu vcpu, KvmPageFault fault, int access) {
    return asMmio(vcpu, fault, access);
  }
}
