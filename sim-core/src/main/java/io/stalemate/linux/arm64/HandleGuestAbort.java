package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.EFAULT;
import static io.stalemate.linux.Errno.ENOENT;
import static io.stalemate.linux.Errno.ENOEXEC;
import static io.stalemate.linux.Errno.ENOSYS;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.Syndrome;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmHva;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmRun;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import java.util.Optional;

/**
 * What becomes of a stage-2 abort: the guest tries again, gets an exception, or its VMM gets an exit. The order of
 * decisions is the same in all eras; two steps differ, {@link #testsRangeOn} and {@link #injectsNisv}.
 *
 * <p>An abort comes with two addresses. HPFAR has the page of the intermediate physical address, without its low 12
 * bits. FAR has the virtual address: for a step of the guest's stage-1 walk that of the access, not of the table.
 */
public class HandleGuestAbort {

  /** What the handlers yield for "back into the guest"; 0 is an exit to user space, negative an errno for it. */
  protected static final int RESUME = 1;

  /** What a step yields that leaves the abort to the next one. */
  protected static final int UNHANDLED = 2;

  protected final Kvm kvm;
  protected final Machine m;
  protected final Arm64Mmu arch;
  protected final StageTwoGeometry geometry;
  protected final VmCaps caps;
  private final InjectFault injectFault;

  /** Decides for the VM whose MMU is {@code arch} and which was made with {@code caps}; one for all its vCPUs. */
  public HandleGuestAbort(Arm64Mmu arch, VmCaps caps) {
    this.kvm = arch.kvm;
    this.m = arch.m;
    this.arch = arch;
    this.geometry = arch.geometry;
    this.caps = caps;
    this.injectFault = new InjectFault(m);
    m.trace(Tracepoint.CREATE_VM, kvm.era.ordinal(), geometry.ipaBits(), caps.ipaLimit(), caps.bits());
  }

  /**
   * Handles an abort of {@code vcpu}. Takes {@code kvm->srcu}; may sleep.
   *
   * @param regs the vCPU's registers
   * @param run where an exit to user space is described
   * @param esr the syndrome
   * @param hfar the faulting virtual address
   * @param hpfarIpa the intermediate physical address without its low 12 bits
   * @return 1 to resume the guest, 0 to leave to user space with {@code run} filled, or a negative errno
   */
  @KernelFunction(
      value = "kvm_handle_guest_abort",
      file = "arch/arm64/kvm/mmu.c",
      version = "v5.15-v6.12",
      elided = "nested virtualisation")
  public int kvmHandleGuestAbort(
      KvmVcpu vcpu, GuestRegisters regs, KvmRun run, long esr, long hfar, long hpfarIpa) {
    m.trace(Tracepoint.GUEST_ABORT, vcpu.id, hpfarIpa, esr, hfar);
    int ret = outOfRange(vcpu, regs, esr, hfar, hpfarIpa);
    if (ret != UNHANDLED) {
      return ret;
    }
    if (Syndrome.externalAbort(esr)) {
      if (kvmHandleGuestSea(vcpu) != 0) {
        injectFault.kvmInjectVabt(vcpu, regs);
      }
      return RESUME;
    }
    int type = Syndrome.faultType(esr);
    if (type != Syndrome.FSC_TRANSLATION
        && type != Syndrome.FSC_PERMISSION
        && type != Syndrome.FSC_ACCESS_FLAG) {
      return -EFAULT;
    }
    int idx = kvm.srcu.readLock();
    ret = decide(vcpu, regs, run, esr, hfar, hpfarIpa);
    kvm.srcu.readUnlock(idx);
    return ret;
  }

  /**
   * An address that no memslot can have (85ea6b1ec915): beyond what the host's CPUs translate it is an address-size
   * fault, between that and what the VM's tables translate an external abort. Yields 1 or {@link #UNHANDLED}.
   */
  protected int outOfRange(KvmVcpu vcpu, GuestRegisters regs, long esr, long hfar, long hpfarIpa) {
    if (!testsRangeOn(esr) || hpfarIpa >>> geometry.ipaBits() == 0) {
      return UNHANDLED;
    }
    boolean isIabt = Syndrome.instructionAbort(esr);
    if (hpfarIpa >>> caps.ipaLimit() != 0) {
      injectFault.kvmInjectSizeFault(vcpu, regs, isIabt, withOffset(hpfarIpa, hfar));
      return RESUME;
    }
    return injectAbt(vcpu, regs, isIabt, withOffset(hpfarIpa, hfar));
  }

  /**
   * Which faults are tested for their range: walks of tables that do not reach so far end in translation faults. None
   * in v5.15, where an address that no memslot can have is a device's like any other hole.
   */
  protected boolean testsRangeOn(long esr) {
    return switch (kvm.era) {
      case V5_15 -> false;
      case V6_2, V6_8, V6_12 -> Syndrome.faultType(esr) == Syndrome.FSC_TRANSLATION;
    };
  }

  /** The part inside the SRCU section. */
  protected int decide(KvmVcpu vcpu, GuestRegisters regs, KvmRun run, long esr, long hfar, long faultIpa) {
    long gfn = faultIpa >>> StageTwoGeometry.PAGE_SHIFT;
    Optional<KvmMemorySlot> memslot = lookUp(vcpu, gfn);
    KvmHva hva = kvm.memslots.gfnToHvaMemslotProt(memslot, gfn);
    boolean writeFault = kvmIsWriteFault(esr);

    if (hva.isError() || memslot.isEmpty() || refusesWrite(hva, writeFault)) {
      // No slot, one that is being deleted, or a write to a read-only one: a device, as far as the guest can tell.
      if (Syndrome.instructionAbort(esr)) {
        return injectAbt(vcpu, regs, true, hfar);
      }
      if ((esr & Syndrome.S1PTW) != 0) {
        return injectAbt(vcpu, regs, false, hfar);
      }
      if (skipsCacheMaintenance(hva) && (esr & Syndrome.CM) != 0) {
        m.trace(Tracepoint.SKIP_INSTR, vcpu.id, faultIpa);
        regs.advance();
        return RESUME;
      }
      return ioMemAbort(vcpu, regs, run, esr, hfar, mmioAddress(faultIpa, hfar));
    }

    if (Syndrome.faultType(esr) == Syndrome.FSC_ACCESS_FLAG) {
      m.trace(Tracepoint.ACCESS_FAULT, vcpu.id, faultIpa);
      arch.userMemAbort().handleAccessFault(vcpu, faultIpa);
      return RESUME;
    }

    StageTwoFault fault = new StageTwoFault(vcpu, faultIpa, memslot.get(), hva.hva(), esr, writeFault);
    int ret = arch.userMemAbort().userMemAbort(fault);
    if (ret == -ENOEXEC) {
      return injectAbt(vcpu, regs, true, hfar);
    }
    return ret == 0 ? RESUME : ret;
  }

  /** Looks {@code gfn}'s slot up: once, and anew for each abort. Held: srcu. */
  protected Optional<KvmMemorySlot> lookUp(KvmVcpu vcpu, long gfn) {
    return kvm.memslots.gfnToMemslot(gfn);
  }

  /**
   * Whether the fault wants to write. A stage-1 walk that faults on a missing page is a read; one that is not permitted
   * can only have wanted to set a flag in the table (406504c7b040, which v5.15 has from its stable series).
   */
  @KernelFunction(
      value = "kvm_is_write_fault",
      file = "arch/arm64/include/asm/kvm_emulate.h",
      version = "v5.15-v6.12")
  protected boolean kvmIsWriteFault(long esr) {
    if ((esr & Syndrome.S1PTW) != 0) {
      return Syndrome.faultType(esr) == Syndrome.FSC_PERMISSION;
    }
    return !Syndrome.instructionAbort(esr) && (esr & Syndrome.WNR) != 0;
  }

  /** Whether a read-only slot makes a device of the page. */
  protected boolean refusesWrite(KvmHva hva, boolean writeFault) {
    return writeFault && !hva.writable();
  }

  /** Cache maintenance of nothing is a no-op; of a read-only slot it is not. */
  protected boolean skipsCacheMaintenance(KvmHva hva) {
    return hva.isError();
  }

  /** The byte address of a device's register: always 12 bits from FAR, whatever the page size. */
  protected long mmioAddress(long faultIpa, long hfar) {
    return withOffset(faultIpa, hfar);
  }

  private static long withOffset(long ipa, long hfar) {
    return ipa | (hfar & (StageTwoGeometry.PAGE_SIZE - 1));
  }

  /**
   * An access that no memory answers: a device's in the kernel, or else the VMM's. Held: srcu.
   *
   * @return 1 if a device in the kernel answered or the guest got an abort, 0 for an exit, {@code -ENOSYS} if nobody
   *     can emulate the access
   */
  @KernelFunction(
      value = "io_mem_abort",
      file = "arch/arm64/kvm/mmio.c",
      version = "v5.15-v6.12",
      elided = "width and register of the access")
  protected int ioMemAbort(KvmVcpu vcpu, GuestRegisters regs, KvmRun run, long esr, long hfar, long faultIpa) {
    if ((esr & Syndrome.ISV) == 0) {
      return nisv(vcpu, regs, run, hfar, faultIpa);
    }
    boolean isWrite = (esr & Syndrome.WNR) != 0;
    GuestInstruction instruction = regs.instruction();
    if (!passesMmioGuard(vcpu, regs, hfar, faultIpa)) {
      return RESUME;
    }
    // model: kvm_vcpu_dabt_get_as(); accesses are of 8 bytes.
    int ret = isWrite
        ? kvm.ioBus.write(faultIpa, Long.BYTES, instruction.value())
        : kvm.ioBus.read(faultIpa, Long.BYTES);
    if (ret == 0) {
      m.trace(Tracepoint.MMIO_IN_KERNEL, vcpu.id, faultIpa, isWrite ? 1 : 0, 0);
      regs.advance();
      return RESUME;
    }
    m.trace(Tracepoint.MMIO_EXIT, vcpu.id, faultIpa, isWrite ? 1 : 0, 0);
    run.exitMmio(faultIpa, isWrite);
    return 0;
  }

  /** MMIO guard v2, patch 5: each page that the access touches must be a device's, or the guest has an abort. */
  protected boolean passesMmioGuard(KvmVcpu vcpu, GuestRegisters regs, long hfar, long faultIpa) {
    MmioGuard guard = arch.mmioGuard();
    // model: kvm_vcpu_dabt_get_as(); accesses are of 8 bytes.
    long last = faultIpa + Long.BYTES - 1;
    return guard.kvmCheckIoguardPage(this, vcpu, regs, hfar, faultIpa)
        && ((last ^ faultIpa) >>> StageTwoGeometry.PAGE_SHIFT == 0
            || guard.kvmCheckIoguardPage(this, vcpu, regs, hfar, last));
  }

  /** The syndrome does not describe the access: a protected VM's host cannot look at the instruction either. */
  private int nisv(KvmVcpu vcpu, GuestRegisters regs, KvmRun run, long hfar, long faultIpa) {
    // MMIO guard v2, patch 5: without a length nobody knows which pages to check, so the VMM is not asked either.
    if (injectsNisv() || arch.mmioGuard().enabled()) {
      return injectAbt(vcpu, regs, false, hfar);
    }
    if (caps.nisvToUser()) {
      run.exitArmNisv(faultIpa);
      return 0;
    }
    return -ENOSYS;
  }

  /** Whether the guest itself gets what nobody can decode (3b467b16582c, v6.10). */
  protected boolean injectsNisv() {
    return switch (kvm.era) {
      case V5_15, V6_2 -> false;
      case V6_8, V6_12 -> caps.protectedVm();
    };
  }

  /** Asks the host's RAS code to take an external abort; yields 0 if it did, else {@code -ENOENT}. */
  @KernelFunction(
      value = "kvm_handle_guest_sea",
      file = "arch/arm64/include/asm/kvm_ras.h",
      version = "v5.15-v6.12",
      elided = "what the RAS code does with the page")
  protected int kvmHandleGuestSea(KvmVcpu vcpu) {
    m.trace(Tracepoint.GUEST_SEA, vcpu.id, caps.claimsSea() ? 1 : 0);
    return caps.claimsSea() ? 0 : -ENOENT;
  }

  /** Gives the guest a synchronous external abort; yields 1. */
  protected int injectAbt(KvmVcpu vcpu, GuestRegisters regs, boolean isIabt, long addr) {
    injectFault.injectAbt64(vcpu, regs, isIabt, addr);
    return RESUME;
  }
}
