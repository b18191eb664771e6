package io.stalemate.linux.x86;

import io.stalemate.linux.kvm.AsyncPf;
import io.stalemate.linux.kvm.KvmAsyncPf;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.linux.kvm.Requests;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Tracepoint;

/**
 * Asynchronous page faults on x86, after the page-fault clean-ups of v6.11. model: the guest knows none, so it is
 * halted until its page is there; nothing is injected. Follows {@code arch/x86/kvm/mmu/mmu.c} and {@code x86.c}.
 */
public class AsyncPageFault extends AsyncPf {

  protected final X86Mmu mmu;

  public AsyncPageFault(X86Mmu mmu) {
    super(mmu.kvm);
    this.mmu = mmu;
  }

  /** Whether a fault of {@code vcpu} may go on in the background. */
  @KernelFunction(value = "kvm_can_do_async_pf", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "events to inject, interrupts that are off, HLT in the guest")
  public boolean canDoAsyncPf(X86Vcpu vcpu) {
    return mmu.vm.asyncPf();
  }

  /**
   * A part of {@code __kvm_faultin_pfn()}: a shared fault found that the page needs I/O. Yields whether the fault is
   * to be given up, because a worker brings the page in; else it waits for the page itself. Held: srcu.
   */
  boolean tryAsyncGetPage(X86Vcpu vcpu, KvmPageFault fault) {
    if (fault.prefetch || !canDoAsyncPf(vcpu)) {
      return false;
    }
    if (findGfn(vcpu, fault.gfn)) {
      // The guest came back before the page did.
      pageNotPresent(vcpu);
      return true;
    }
    return setupAsyncPf(vcpu, fault);
  }

  /** Queues the work; false if there is none to be had. Held: srcu. */
  @KernelFunction(value = "kvm_arch_setup_async_pf", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "cr3 and direct_map: there is one direct MMU")
  protected boolean setupAsyncPf(X86Vcpu vcpu, KvmPageFault fault) {
    long hva = kvm.memslots.gfnToHvaMany(kvm.memslots.gfnToMemslot(fault.gfn), fault.gfn, false);
    return setup(vcpu, fault.addr, hva, storedErrorCode(fault));
  }

  /** What the replay will know of the fault: all of it (v6.11). */
  protected long storedErrorCode(KvmPageFault fault) {
    return fault.errorCode;
  }

  @Override
  @KernelFunction(value = "kvm_arch_async_page_not_present", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "guests that take asynchronous page faults")
  protected void pageNotPresent(KvmVcpu vcpu) {
    kvm.requests.makeRequest(Requests.KVM_REQ_APF_HALT, vcpu);
  }

  @Override
  @KernelFunction(value = "kvm_arch_async_page_present_queued", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12")
  protected void pagePresentQueued(KvmVcpu vcpu) {
    kvm.requests.makeRequest(Requests.KVM_REQ_APF_READY, vcpu);
    if (!pagereadyPending(vcpu)) {
      kvm.requests.vcpuKick(vcpu);
    }
  }

  @Override
  @KernelFunction(value = "kvm_arch_async_page_ready", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "wake-ups of all, statistics")
  protected void pageReady(KvmVcpu vcpu, KvmAsyncPf work) {
    X86Vcpu x86 = (X86Vcpu) vcpu;
    long errorCode = work.errorCode().read();
    if (refuses(errorCode) || mmu.roots.kvmMmuReload(x86) != 0) {
      return;
    }
    long gpa = work.gpa().read();
    int r = mmu.pageFault.kvmMmuDoPageFault(x86, null, gpa, errorCode, true);
    m.trace(Tracepoint.ASYNC_PF_READY, vcpu.id, gfn(work), errorCode, r);
  }

  /** Private memory needs no I/O, so no fault for it may ever have been set up (v6.11). */
  protected boolean refuses(long errorCode) {
    return m.warnOn((errorCode & PfErrorCode.PRIVATE_ACCESS) != 0, "kvm_arch_async_page_ready: a private fault");
  }

  /** The guest is halted until a page is there. Called by the vCPU on its way into the guest. Held: srcu. */
  @KernelFunction(value = "vcpu_block", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "halt polling, timers")
  public void halt(X86Vcpu vcpu) {
    vcpu.srcuReadUnlock();
    block(vcpu);
    vcpu.srcuReadLock();
  }
}
