package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.EFAULT;
import static io.stalemate.linux.Errno.ENOEXEC;
import static io.stalemate.linux.Errno.ENOSYS;

import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.Syndrome;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmHva;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import java.util.Optional;

/**
 * What becomes of a stage-2 abort: the guest tries again, gets an exception, or its VMM gets an exit. The order of
 * decisions is that of v6.12, which the older eras have with their fixes.
 */
public class HandleGuestAbort {

  /** What the handlers yield for "back into the guest"; 0 is an exit to user space, negative an errno for it. */
  protected static final int RESUME = 1;

  protected final Kvm kvm;
  protected final Machine m;
  protected final Arm64Mmu arch;
  protected final StageTwoGeometry geometry;

  /** Decides for the VM whose MMU is {@code arch}. */
  public HandleGuestAbort(Arm64Mmu arch) {
    this.kvm = arch.kvm;
    this.m = arch.m;
    this.arch = arch;
    this.geometry = arch.geometry;
  }

  /**
   * Handles an abort of {@code vcpu}. Takes {@code kvm->srcu}; may sleep.
   *
   * @param regs the vCPU's registers
   * @param run where an exit to user space is described
   * @param esr the syndrome
   * @param hfar the faulting address, of which the low 12 bits count
   * @param hpfarIpa the intermediate physical address without its low 12 bits
   * @return 1 to resume the guest, 0 to leave to user space with {@code run} filled, or a negative errno
   */
  @KernelFunction(
      value = "kvm_handle_guest_abort",
      file = "arch/arm64/kvm/mmu.c",
      version = "v6.12",
      elided = "nested virtualisation, external aborts: the modelled memory has no errors")
  public int kvmHandleGuestAbort(
      KvmVcpu vcpu, GuestRegisters regs, KvmRun run, long esr, long hfar, long hpfarIpa) {
    int access = regs.instruction().access().ordinal();
    m.trace(Tracepoint.GUEST_ABORT, vcpu.id, hpfarIpa, esr, access);
    int type = Syndrome.faultType(esr);
    boolean isIabt = Syndrome.instructionAbort(esr);
    if (type == Syndrome.FSC_TRANSLATION && hpfarIpa >>> geometry.ipaBits() != 0) {
      // Beyond what the VM's tables can translate.
      return injectAbt(vcpu, regs, isIabt, hpfarIpa | (hfar & 0xfff));
    }
    if (type != Syndrome.FSC_TRANSLATION
        && type != Syndrome.FSC_PERMISSION
        && type != Syndrome.FSC_ACCESS_FLAG) {
      return -EFAULT;
    }
    int idx = kvm.srcu.readLock();
    int ret = decide(vcpu, regs, run, esr, hfar, hpfarIpa);
    kvm.srcu.readUnlock(idx);
    return ret;
  }

  /** The part inside the SRCU section. */
  private int decide(KvmVcpu vcpu, GuestRegisters regs, KvmRun run, long esr, long hfar, long faultIpa) {
    boolean isIabt = Syndrome.instructionAbort(esr);
    long gfn = faultIpa >>> StageTwoGeometry.PAGE_SHIFT;
    Optional<KvmMemorySlot> memslot = kvm.memslots.gfnToMemslot(gfn);
    KvmHva hva = kvm.memslots.gfnToHvaMemslotProt(memslot, gfn);
    boolean writeFault = kvmIsWriteFault(esr);

    if (hva.isError() || memslot.isEmpty() || (writeFault && !hva.writable())) {
      // No slot, one that is being deleted, or a write to a read-only one: a device, as far as the guest can tell.
      if (isIabt) {
        return injectAbt(vcpu, regs, true, faultIpa);
      }
      if ((esr & Syndrome.S1PTW) != 0) {
        return injectAbt(vcpu, regs, false, hfar);
      }
      if (hva.isError() && (esr & Syndrome.CM) != 0) {
        // Cache maintenance of nothing is a no-op.
        regs.advance();
        return RESUME;
      }
      // HPFAR has the page alone; a device register is named by the low bits, which FAR has.
      return ioMemAbort(vcpu, run, esr, faultIpa | (hfar & 0xfff));
    }

    if (Syndrome.faultType(esr) == Syndrome.FSC_ACCESS_FLAG) {
      arch.userMemAbort().handleAccessFault(vcpu, faultIpa);
      return RESUME;
    }

    StageTwoFault fault = new StageTwoFault(vcpu, faultIpa, memslot.get(), hva.hva(), esr, writeFault);
    int ret = arch.userMemAbort().userMemAbort(fault);
    if (ret == -ENOEXEC) {
      return injectAbt(vcpu, regs, true, faultIpa);
    }
    return ret == 0 ? RESUME : ret;
  }

  /**
   * Whether the fault wants to write. A stage-1 walk that faults on a missing page is a read; one that is not permitted
   * can only have wanted to set a flag in the table (406504c7b040).
   */
  @KernelFunction(
      value = "kvm_is_write_fault",
      file = "arch/arm64/include/asm/kvm_emulate.h",
      version = "v6.2-v6.12")
  protected boolean kvmIsWriteFault(long esr) {
    if ((esr & Syndrome.S1PTW) != 0) {
      return Syndrome.faultType(esr) == Syndrome.FSC_PERMISSION;
    }
    return !Syndrome.instructionAbort(esr) && (esr & Syndrome.WNR) != 0;
  }

  /** An access that no memory answers: an exit for the VMM. Yields 0, or {@code -ENOSYS} if nobody can emulate it. */
  @KernelFunction(
      value = "io_mem_abort",
      file = "arch/arm64/kvm/mmio.c",
      version = "v5.15-v6.12",
      elided = "devices in the kernel, KVM_CAP_ARM_NISV_TO_USER, protected VMs")
  protected int ioMemAbort(KvmVcpu vcpu, KvmRun run, long esr, long faultIpa) {
    if ((esr & Syndrome.ISV) == 0) {
      return -ENOSYS;
    }
    run.exitMmio(faultIpa, (esr & Syndrome.WNR) != 0);
    return 0;
  }

  /** Gives the guest an exception; yields 1. model: its handler skips the instruction. */
  @KernelFunction(
      value = "kvm_inject_abt",
      file = "arch/arm64/kvm/inject_fault.c",
      version = "v5.15-v6.12",
      elided = "the guest's exception registers")
  protected int injectAbt(KvmVcpu vcpu, GuestRegisters regs, boolean isIabt, long addr) {
    m.trace(Tracepoint.INJECT_ABORT, vcpu.id, addr, isIabt ? 1 : 0, 0);
    regs.advance();
    return RESUME;
  }
}
