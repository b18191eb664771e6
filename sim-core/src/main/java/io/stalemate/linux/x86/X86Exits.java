package io.stalemate.linux.x86;

import static io.stalemate.linux.Errno.EIO;

import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.x86.PmlBuffer;
import io.stalemate.cpu.x86.VmExit;
import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmRun;
import io.stalemate.machine.KernelFunction;
import java.util.Optional;

/** {@code arch/x86/kvm/vmx/vmx.c} and {@code svm/svm.c}: what took a vCPU out of the guest. */
public class X86Exits {

  protected final X86Mmu mmu;

  public X86Exits(X86Mmu mmu) {
    this.mmu = mmu;
  }

  /** Handles {@code exit}; positive to go back in, 0 with {@code run} filled, or a negative errno. Held: srcu. */
  @KernelFunction(value = "vmx_handle_exit", file = "arch/x86/kvm/vmx/vmx.c", version = "v6.8-v6.12",
      elided = "exits that have nothing to do with memory, bus locks, faults while an event is delivered")
  public int handleExit(X86Vcpu vcpu, KvmRun run, GuestRegisters regs, long exit) {
    // First of all: an exit is what others wait for who want to know what is dirty.
    vmxFlushPmlBuffer(vcpu);
    return switch (VmExit.reason(exit)) {
      case VmExit.EPT_VIOLATION -> handleEptViolation(vcpu, run, regs, exit);
      case VmExit.EPT_MISCONFIG -> handleEptMisconfig(vcpu, run, regs);
      case VmExit.NPF -> npfInterception(vcpu, run, regs, exit);
      // Its log was flushed above.
      case VmExit.PML_FULL, VmExit.EXTERNAL_INTERRUPT -> VcpuRequests.RESUME;
      case VmExit.HLT -> {
        // model: a guest's program ends like this, and the VMM takes the vCPU down
        run.exit(ExitReason.SYSTEM_EVENT);
        yield 0;
      }
      // elided: KVM_EXIT_FAIL_ENTRY, by which the VMM is told
      case VmExit.INVALID_STATE -> -EIO;
      default -> throw new IllegalArgumentException("no such exit: " + VmExit.reason(exit));
    };
  }

  @KernelFunction(value = "handle_ept_violation", file = "arch/x86/kvm/vmx/vmx.c", version = "v6.8-v6.12",
      elided = "NMI unblocking, guests with a smaller physical address width; PFERR_GUEST_FINAL and _PAGE are as fixed "
          + "after v6.12")
  protected int handleEptViolation(X86Vcpu vcpu, KvmRun run, GuestRegisters regs, long exit) {
    long errorCode = PfErrorCode.eptViolation(VmExit.qualification(exit));
    return mmu.pageFault.kvmMmuPageFault(vcpu, run, regs, regs.instruction().ipa(), errorCode);
  }

  @KernelFunction(value = "handle_ept_misconfig", file = "arch/x86/kvm/vmx/vmx.c", version = "v6.8-v6.12",
      elided = "the fast MMIO bus")
  protected int handleEptMisconfig(X86Vcpu vcpu, KvmRun run, GuestRegisters regs) {
    return mmu.pageFault.kvmMmuPageFault(vcpu, run, regs, regs.instruction().ipa(), PfErrorCode.eptMisconfig());
  }

  @KernelFunction(value = "npf_interception", file = "arch/x86/kvm/svm/svm.c", version = "v6.8-v6.12",
      elided = "sev_handle_rmp_fault: RMP entries are not split, and a leaf that disagrees is not left behind; checks "
          + "of the error code are those of v6.11")
  protected int npfInterception(X86Vcpu vcpu, KvmRun run, GuestRegisters regs, long exit) {
    boolean snpGuest = mmu.vm.type() == VmType.SNP;
    long errorCode = PfErrorCode.nestedPageFault(mmu.m, VmExit.qualification(exit), snpGuest);
    return mmu.pageFault.kvmMmuPageFault(vcpu, run, regs, regs.instruction().ipa(), errorCode);
  }

  /** Notes as dirty what hardware logged while the vCPU was in the guest. Held: srcu. */
  @KernelFunction(value = "vmx_flush_pml_buffer", file = "arch/x86/kvm/vmx/vmx.c", version = "v6.8-v6.12")
  protected void vmxFlushPmlBuffer(X86Vcpu vcpu) {
    if (vcpu.pml.isEmpty()) {
      return;
    }
    PmlBuffer pml = vcpu.pml.get();
    int index = pml.index();
    if (index == PmlBuffer.ENTRIES - 1) {
      return;
    }
    for (int i = index + 1; i < PmlBuffer.ENTRIES; i++) {
      kvmVcpuMarkPageDirty(vcpu, pml.gfn(i));
    }
    pml.reset();
  }

  @KernelFunction(value = "kvm_vcpu_mark_page_dirty", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12")
  private void kvmVcpuMarkPageDirty(X86Vcpu vcpu, long gfn) {
    Optional<KvmMemorySlot> slot = mmu.kvm.memslots.gfnToMemslot(gfn);
    if (slot.isPresent()) {
      mmu.kvm.memslots.markPageDirtyInSlot(vcpu, slot.get(), gfn);
    }
  }
}
