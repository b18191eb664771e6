package io.stalemate.linux.x86;

import static io.stalemate.linux.Errno.EFAULT;
import static io.stalemate.linux.Errno.EIO;

import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmRun;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import org.jspecify.annotations.Nullable;

/**
 * Where a nested page fault begins and what becomes of it: {@code arch/x86/kvm/mmu/mmu.c} and {@code mmu_internal.h} of
 * v6.12, after the page-fault clean-ups of v6.11. {@link MmuPageFaultV68} is the text before them.
 */
public class MmuPageFault {

  /** What {@link #kvmMmuPageFault} yields to go on in the guest, where it is no RET_PF code. */
  protected static final int RESUME = 1;

  // The legacy handler drops the upper half of its error code. Were a flag of KVM's own in the lower half, it could not
  // tell it from one of hardware's: BUILD_BUG_ON() in kvm_handle_page_fault().
  static {
    buildBugOn(hasLegacyBits(PfErrorCode.SYNTHETIC));
  }

  protected final X86Mmu mmu;
  protected final Machine m;

  /** The fault handler of the VM whose MMU is {@code mmu}. */
  public MmuPageFault(X86Mmu mmu) {
    this.mmu = mmu;
    this.m = mmu.m;
  }

  /**
   * Handles a nested page fault of {@code vcpu}. Held: srcu. May sleep.
   *
   * @param run filled when the VMM has something to do
   * @param regs where the guest is; behind the access if it was emulated
   * @param gpa byte address that the guest touched
   * @param errorCode see {@link PfErrorCode}
   * @return positive to go on in the guest, 0 or a negative errno to leave
   */
  @KernelFunction(value = "kvm_mmu_page_fault", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.11-v6.12",
      elided = "shadow paging, statistics")
  public int kvmMmuPageFault(X86Vcpu vcpu, KvmRun run, GuestRegisters regs, long gpa, long errorCode) {
    if (m.warnOn(vcpu.root.read() == 0, "kvm_mmu_page_fault without a root")) {
      return RetPf.RETRY;
    }
    long code = withPrivateAccess(vcpu, gpa, errorCode);
    m.trace(Tracepoint.X86_FAULT, vcpu.id, gpa, code, 0);
    int r = RetPf.INVALID;
    if ((code & PfErrorCode.RSVD) != 0) {
      r = reservedFault(vcpu, gpa, code);
    }
    if (r == RetPf.INVALID) {
      r = kvmMmuDoPageFault(vcpu, run, gpa, code, false);
      if (mmu.kvm.requests.bugOn(r == RetPf.INVALID, "kvm_mmu_do_page_fault: RET_PF_INVALID")) {
        r = -EIO;
      }
    }
    m.trace(Tracepoint.X86_FAULT_RET, vcpu.id, gpa, code, r);
    return dispatch(vcpu, run, regs, gpa, r);
  }

  /**
   * Yields the error code with what KVM knows of a software-protected VM: its accesses are private where the attribute
   * says so at this instant. A reserved-bit fault is left alone: emulated MMIO is always shared.
   */
  protected long withPrivateAccess(X86Vcpu vcpu, long gpa, long errorCode) {
    if ((errorCode & PfErrorCode.RSVD) == 0
        && mmu.vm.type() == VmType.SW_PROTECTED
        && mmu.kvm.memAttributes.isPrivate(gpa >>> EptGeometry.PAGE_SHIFT)) {
      return errorCode | PfErrorCode.PRIVATE_ACCESS;
    }
    return errorCode;
  }

  /** A fault on an entry with reserved bits, which only MMIO has: RET_PF code, INVALID to fault again, or -errno. */
  protected int reservedFault(X86Vcpu vcpu, long gpa, long errorCode) {
    if ((errorCode & PfErrorCode.PRIVATE_ACCESS) != 0) {
      // Private memory is never emulated, so the caches of MMIO must not answer for it.
      // model: no warning about an SNP guest. Its CPU gives it a #VC in place of the fault, and it asks its hypervisor
      // to do the access; here the fault comes to KVM, and the guest could bring the warning about.
      m.warnOn(mmu.vm.type() != VmType.SNP, "kvm_mmu_page_fault: a private reserved-bit fault");
      return -EFAULT;
    }
    return mmu.mmio.handleMmioPageFault(vcpu, gpa);
  }

  /** What the vCPU does next. */
  protected int dispatch(X86Vcpu vcpu, KvmRun run, GuestRegisters regs, long gpa, int r) {
    if (r < 0) {
      return r;
    }
    int ret = r == RetPf.WRITE_PROTECTED ? writeProtectFault() : r;
    m.warnOn(ret == RetPf.CONTINUE, "kvm_mmu_page_fault: RET_PF_CONTINUE");
    return ret == RetPf.EMULATE ? mmu.emulate.emulateInstruction(vcpu, run, regs, gpa) : RESUME;
  }

  /** Yields what to do with a write to a write-protected gfn. */
  @KernelFunction(value = "kvm_mmu_write_protect_fault", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.12",
      elided = "unprotecting the gfn: it shadows no table here, so somebody else tracks it, and there is no choice")
  protected int writeProtectFault() {
    return RetPf.EMULATE;
  }

  /**
   * Has the MMU handle a fault. Held: srcu. May sleep.
   *
   * @param run filled with a memory-fault exit if that is the answer; null if nobody reads it
   * @param prefetch nobody waits for the result
   * @return RET_PF code or a negative errno
   */
  @KernelFunction(value = "kvm_mmu_do_page_fault", file = "arch/x86/kvm/mmu/mmu_internal.h", version = "v6.11-v6.12",
      elided = "shadow paging, the NX workaround")
  public int kvmMmuDoPageFault(X86Vcpu vcpu, @Nullable KvmRun run, long gpa, long errorCode, boolean prefetch) {
    KvmPageFault fault = newFault(gpa, errorCode, prefetch);
    fault.slot = lookUp(fault);
    int r = mmu.directPageFault.kvmTdpMmuPageFault(vcpu, fault);
    if (refusesEmulation(fault, r)) {
      fault.prepareMemoryFaultExit();
      r = -EFAULT;
    }
    if (fault.memoryFaultExit && run != null) {
      run.exitMemoryFault(fault.gfn << EptGeometry.PAGE_SHIFT, fault.isPrivate);
    }
    return r;
  }

  /** The fault as it begins: no frame, no hva. */
  protected KvmPageFault newFault(long gpa, long errorCode, boolean prefetch) {
    boolean isPrivate = (errorCode & PfErrorCode.PRIVATE_ACCESS) != 0;
    return new KvmPageFault(gpa, errorCode, isPrivate, prefetch, mmu.geometry.maxHugepageLevel());
  }

  /** Looks the fault's slot up: once. Held: srcu. */
  protected @Nullable KvmMemorySlot lookUp(KvmPageFault fault) {
    return mmu.kvm.memslots.gfnToMemslot(fault.gfn).orElse(null);
  }

  /** KVM cannot emulate an access to private memory: the VMM may convert the page, or knows a better error. */
  protected boolean refusesEmulation(KvmPageFault fault, int r) {
    return r == RetPf.EMULATE && fault.isPrivate;
  }

  /** Whether one of {@code flags} is in the lower half, where a legacy #PF has its own. */
  static boolean hasLegacyBits(long flags) {
    return (flags & 0xffff_ffffL) != 0;
  }

  /** {@code BUILD_BUG_ON()}: refuses to load a text that was put together wrongly. */
  static void buildBugOn(boolean condition) {
    if (condition) {
      throw new ExceptionInInitializerError("BUILD_BUG_ON failed");
    }
  }
}
