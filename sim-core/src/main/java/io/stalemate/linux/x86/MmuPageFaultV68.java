package io.stalemate.linux.x86;

import static io.stalemate.linux.Errno.EIO;

import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.KvmRun;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Tracepoint;
import org.jspecify.annotations.Nullable;

/**
 * The same of v6.8, before the page-fault clean-ups: a fault is private if its gfn's attribute says so, whatever the
 * error code, of which the upper half is dropped; MMIO's caches are asked first, private or not; and a private fault
 * may end in emulation.
 */
public class MmuPageFaultV68 extends MmuPageFault {

  /** The fault handler of the VM whose MMU is {@code mmu}. */
  public MmuPageFaultV68(X86Mmu mmu) {
    super(mmu);
  }

  @Override
  @KernelFunction(value = "kvm_mmu_page_fault", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8",
      elided = "shadow paging, statistics")
  public int kvmMmuPageFault(X86Vcpu vcpu, KvmRun run, GuestRegisters regs, long gpa, long errorCode) {
    long code = errorCode;
    boolean implicit = (code & PfErrorCode.IMPLICIT_ACCESS) != 0;
    if (m.warnOn(implicit, "kvm_mmu_page_fault: hardware sets PFERR_IMPLICIT_ACCESS")) {
      code &= ~PfErrorCode.IMPLICIT_ACCESS;
    }
    if (m.warnOn(vcpu.root.read() == 0, "kvm_mmu_page_fault without a root")) {
      return RetPf.RETRY;
    }
    m.trace(Tracepoint.X86_FAULT, vcpu.id, gpa, code, 0);
    int r = RetPf.INVALID;
    if ((code & PfErrorCode.RSVD) != 0) {
      r = reservedFault(vcpu, gpa, code);
    }
    if (r == RetPf.INVALID) {
      r = kvmMmuDoPageFault(vcpu, run, gpa, code & 0xffff_ffffL, false);
      if (mmu.kvm.requests.bugOn(r == RetPf.INVALID, "kvm_mmu_do_page_fault: RET_PF_INVALID")) {
        r = -EIO;
      }
    }
    m.trace(Tracepoint.X86_FAULT_RET, vcpu.id, gpa, code, r);
    return dispatch(vcpu, run, regs, gpa, r);
  }

  @Override
  protected int reservedFault(X86Vcpu vcpu, long gpa, long errorCode) {
    return mmu.mmio.handleMmioPageFault(vcpu, gpa);
  }

  @Override
  @KernelFunction(value = "kvm_mmu_do_page_fault", file = "arch/x86/kvm/mmu/mmu_internal.h", version = "v6.8",
      elided = "shadow paging, the NX workaround")
  public int kvmMmuDoPageFault(X86Vcpu vcpu, @Nullable KvmRun run, long gpa, long errorCode, boolean prefetch) {
    return super.kvmMmuDoPageFault(vcpu, run, gpa, errorCode, prefetch);
  }

  @Override
  protected KvmPageFault newFault(long gpa, long errorCode, boolean prefetch) {
    boolean isPrivate = mmu.kvm.memAttributes.isPrivate(gpa >>> EptGeometry.PAGE_SHIFT);
    KvmPageFault fault = new KvmPageFault(gpa, errorCode, isPrivate, prefetch, mmu.geometry.maxHugepageLevel());
    // Left to the initialiser of the struct, which means 0: a frame and an hva like any other.
    fault.pfn = 0;
    fault.hva = 0;
    return fault;
  }

  @Override
  protected boolean refusesEmulation(KvmPageFault fault, int r) {
    return false;
  }
}
