package io.stalemate.linux.x86;

import static io.stalemate.linux.Errno.EINVAL;
import static io.stalemate.linux.Errno.EIO;
import static io.stalemate.linux.Errno.ENOENT;
import static io.stalemate.linux.Errno.ENOTTY;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;

/**
 * {@code KVM_PRE_FAULT_MEMORY} (v6.11): maps pages before the guest asks for them. Unlike {@code KVM_RUN} it keeps its
 * srcu section from the first page to the last. Follows {@code virt/kvm/kvm_main.c} and {@code arch/x86/kvm/mmu/mmu.c}.
 */
public class PreFault {

  protected final X86Mmu mmu;
  protected final Kvm kvm;
  protected final Machine m;

  /** The ioctl for the VM whose MMU is {@code mmu}. */
  public PreFault(X86Mmu mmu) {
    this.mmu = mmu;
    this.kvm = mmu.kvm;
    this.m = mmu.m;
  }

  /**
   * Maps {@code [gfnStart, gfnEnd)}; called by the vCPU's task between two runs. Takes srcu; sleeps.
   *
   * @return how many pages are done, if any; else 0 or -EINVAL for no range, -ENOENT for a page without memory, -EAGAIN
   *     for one whose slot is going, -EFAULT, -ENOMEM; -ENOTTY before v6.11
   */
  @KernelFunction(value = "kvm_vcpu_pre_fault_memory", file = "virt/kvm/kvm_main.c", version = "v6.12",
      elided = "signals; alignment: units are pages")
  public long preFaultMemory(X86Vcpu vcpu, long gfnStart, long gfnEnd) {
    boolean supported = switch (kvm.era) {
      case V5_15, V6_2, V6_8 -> false;
      case V6_12 -> true;
    };
    if (!supported) {
      return -ENOTTY;
    }
    if (gfnStart < 0 || gfnEnd <= gfnStart) {
      return -EINVAL;
    }
    int idx = kvm.srcu.readLock();
    long gfn = gfnStart;
    int r = 0;
    while (gfn < gfnEnd && r == 0) {
      r = archVcpuPreFaultMemory(vcpu, gfn);
      gfn += r == 0 ? 1 : 0;
    }
    kvm.srcu.readUnlock(idx);
    return gfn > gfnStart ? gfn - gfnStart : r;
  }

  /** Maps one page; yields 0 or a negative errno. Held: srcu. */
  @KernelFunction(value = "kvm_arch_vcpu_pre_fault_memory", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.12",
      elided = "skipping what a huge page covers: its pages are found mapped; VMs that are not finalised; model: that "
          + "an obsolete root goes first is a later fix's, 20a6cff3b283 of v6.15")
  protected int archVcpuPreFaultMemory(X86Vcpu vcpu, long gfn) {
    int r = reload(vcpu);
    if (r != 0) {
      return r;
    }
    long errorCode = PfErrorCode.GUEST_FINAL;
    if (mmu.vm.type().hasPrivateMem() && kvm.memAttributes.isPrivate(gfn)) {
      errorCode |= PfErrorCode.PRIVATE_ACCESS;
    }
    long gpa = gfn << EptGeometry.PAGE_SHIFT;
    r = kvmTdpMapPage(vcpu, gpa, errorCode);
    m.trace(Tracepoint.PRE_FAULT, vcpu.id, gpa, errorCode, r);
    return r;
  }

  /** Maps the page at {@code gpa}, however many attempts it takes; yields 0 or a negative errno. Held: srcu. */
  @KernelFunction(value = "kvm_tdp_map_page", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.12", elided = "signals")
  protected int kvmTdpMapPage(X86Vcpu vcpu, long gpa, long errorCode) {
    int r = mmu.pageFault.kvmMmuDoPageFault(vcpu, null, gpa, errorCode, true);
    while (r == RetPf.RETRY) {
      m.retrying();
      // model: v6.12 stays with a root that was made obsolete meanwhile, in which nothing can be mapped, until a signal
      // comes.
      int ret = beforeRetry(vcpu);
      if (ret != 0) {
        return ret;
      }
      r = mmu.pageFault.kvmMmuDoPageFault(vcpu, null, gpa, errorCode, true);
    }
    if (r < 0) {
      return r;
    }
    if (r == RetPf.EMULATE) {
      return -ENOENT;
    }
    boolean mapped = r == RetPf.FIXED || r == RetPf.SPURIOUS || r == RetPf.WRITE_PROTECTED;
    return m.warnOn(!mapped, "could not fix page fault during prefault") ? -EIO : 0;
  }

  /** What has to be looked at anew before another attempt; yields 0 or a negative errno. Held: srcu. */
  protected int beforeRetry(X86Vcpu vcpu) {
    return reload(vcpu);
  }

  /** Sees to it that the vCPU has a root that is not obsolete (20a6cff3b283, v6.15); yields 0 or a negative errno. */
  protected int reload(X86Vcpu vcpu) {
    mmu.roots.kvmMmuFreeObsoleteRoots(vcpu);
    return mmu.roots.kvmMmuReload(vcpu);
  }
}
