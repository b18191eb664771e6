package io.stalemate.linux.x86;

import static io.stalemate.linux.Errno.EIO;

import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.kvm.KvmRun;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.linux.kvm.Requests;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tlb;

/**
 * What a vCPU does about others on its way into the guest: requests, TLB flushes among them, and its mode. Nobody else
 * can flush its CPU's TLB, so a flush is a request and, if the vCPU is in the guest, an interrupt. Follows
 * {@code arch/x86/kvm/x86.c}.
 */
public class VcpuRequests {

  /** {@code vcpu_enter_guest()} goes on, or is called again, while its result is positive. */
  static final int RESUME = 1;

  protected final X86Mmu mmu;
  protected final Machine m;
  protected final Requests requests;

  public VcpuRequests(X86Mmu mmu) {
    this.mmu = mmu;
    this.m = mmu.m;
    this.requests = mmu.kvm.requests;
  }

  /** Serves what others asked {@code vcpu} for; 1, or 0 with {@code run} filled or a negative errno. Held: srcu. */
  @KernelFunction(value = "vcpu_enter_guest", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "requests of timers, clocks, the APIC but for its access page, SMM, nested guests, Hyper-V, the PMU")
  public int serve(X86Vcpu vcpu, KvmRun run) {
    if (!requests.pending(vcpu)) {
      return RESUME;
    }
    if (requests.checkRequest(Requests.KVM_REQ_VM_DEAD, vcpu)) {
      return -EIO;
    }
    if (mmu.kvm.dirtyLog.ringCheckRequest(vcpu)) {
      run.exit(ExitReason.DIRTY_RING_FULL);
      return 0;
    }
    if (requests.checkRequest(Requests.KVM_REQ_MMU_FREE_OBSOLETE_ROOTS, vcpu)) {
      mmu.roots.kvmMmuFreeObsoleteRoots(vcpu);
    }
    if (requests.checkRequest(Requests.KVM_REQ_TLB_FLUSH, vcpu)) {
      kvmVcpuFlushTlbAll(vcpu);
    }
    if (requests.checkRequest(Requests.KVM_REQ_APF_HALT, vcpu)) {
      mmu.asyncPf.halt(vcpu);
      return serve(vcpu, run);
    }
    if (requests.checkRequest(Requests.KVM_REQ_APIC_PAGE_RELOAD, vcpu)) {
      mmu.apic.kvmVcpuReloadApicAccessPage(vcpu);
    }
    if (requests.checkRequest(Requests.KVM_REQ_APF_READY, vcpu)) {
      mmu.asyncPf.checkAsyncPfCompletion(vcpu);
    }
    return RESUME;
  }

  @KernelFunction(value = "kvm_vcpu_flush_tlb_all", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "KVM_REQ_TLB_FLUSH_CURRENT, which nobody makes here, is served by this as well")
  protected void kvmVcpuFlushTlbAll(X86Vcpu vcpu) {
    m.tlb().invept(vcpu.cpu, Tlb.EVERY_ROOT);
  }

  /**
   * Drops what the CPU of {@code vcpu} cached of the root that the vCPU has just loaded: from the frame's last life as
   * a root, or from before leafs of this root were zapped without a flush. No flush is needed where a root dies, as
   * there is one where it is loaded. Called by the vCPU's own task.
   */
  @KernelFunction(value = "vmx_flush_tlb_current", file = "arch/x86/kvm/vmx/vmx.c", version = "v6.8-v6.12",
      elided = "tables with accessed and dirty flags off for a nested guest")
  public void flushTlbCurrent(X86Vcpu vcpu) {
    // svm_flush_tlb_asid() knows ASIDs, not roots: a vCPU has one, whatever root it uses.
    m.tlb().invept(vcpu.cpu, mmu.vm.type() == VmType.SNP ? Tlb.EVERY_ROOT : (int) vcpu.root.read());
  }

  /** Says that the vCPU is about to be in the guest, and leaves the srcu section. IRQs are off. */
  public void enterGuestMode(X86Vcpu vcpu) {
    // Pairs with the barrier between request and mode in kvm_vcpu_exiting_guest_mode(): either the requester sees the
    // mode and interrupts, or kvmVcpuExitRequest() sees the request. It also keeps the guest's walks behind the mode.
    storeGuestMode(vcpu);
    vcpu.srcuReadUnlock();
    smpMbAfterSrcuReadUnlock();
  }

  protected void storeGuestMode(X86Vcpu vcpu) {
    // Release: vcpu->apicv_active, which is elided, is stored before the mode.
    vcpu.mode.storeRelease(KvmVcpu.IN_GUEST_MODE);
  }

  /** {@code smp_mb__after_srcu_read_unlock()}: the barrier of {@link #enterGuestMode}. */
  @KernelFunction(value = "smp_mb__after_srcu_read_unlock", file = "include/linux/srcu.h", version = "v6.8-v6.12")
  protected void smpMbAfterSrcuReadUnlock() {
    // model: the kernel's srcu_read_unlock() is a full barrier already; the machine's promises none.
    m.smpMb();
  }

  /** Says that the vCPU is out of the guest. IRQs are off. */
  public void leaveGuestMode(X86Vcpu vcpu) {
    vcpu.mode.writeOnce(KvmVcpu.OUTSIDE_GUEST_MODE);
    // Pairs with the barrier in kvm_vcpu_exiting_guest_mode(): whoever sees what the vCPU does next sees it outside.
    m.smpWmb();
  }

  /** Whether the vCPU must not enter the guest after all. */
  @KernelFunction(value = "kvm_vcpu_exit_request", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "work of the task: it is never rescheduled nor signalled")
  public boolean kvmVcpuExitRequest(X86Vcpu vcpu) {
    return vcpu.mode.readOnce() == KvmVcpu.EXITING_GUEST_MODE || requests.pending(vcpu);
  }
}
