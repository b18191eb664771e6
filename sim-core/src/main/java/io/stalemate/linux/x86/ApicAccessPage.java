package io.stalemate.linux.x86;

import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmPfn;
import io.stalemate.linux.kvm.MemoryRegions;
import io.stalemate.linux.kvm.Requests;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;
import java.util.Optional;

/**
 * The APIC access page: an internal memslot that all vCPUs' APICs share, and whose frame each vCPU's VMCS names, so
 * that the CPU can tell accesses to the APIC from others. The host may take the page like any other; then every vCPU is
 * asked to look the frame up again. Follows {@code arch/x86/kvm/lapic.c} and {@code vmx/vmx.c} of v6.12.
 */
public class ApicAccessPage {

  /** {@code APIC_ACCESS_PAGE_PRIVATE_MEMSLOT}. */
  public static final int PRIVATE_MEMSLOT = MemoryRegions.KVM_USER_MEM_SLOTS + 1;

  protected final X86Mmu mmu;
  protected final Kvm kvm;
  protected final Machine m;

  /** {@code kvm->arch.apicv_inhibit_reasons}. Read by faults without a lock. */
  private final Word apicvInhibitReasons;

  /** The page of the VM whose MMU is {@code mmu}. */
  public ApicAccessPage(X86Mmu mmu) {
    this.mmu = mmu;
    this.kvm = mmu.kvm;
    this.m = mmu.m;
    this.apicvInhibitReasons = m.word("kvm->apicv_inhibit_reasons", 0);
  }

  /** Gives the page its memslot, with host page {@code hva} behind; yields 0 or a negative errno. Takes slots_lock. */
  @KernelFunction(value = "kvm_alloc_apic_access_page", file = "arch/x86/kvm/lapic.c", version = "v6.4-v6.12",
      elided = "vm_mmap(): the VMM's address space has a page for it")
  public int kvmAllocApicAccessPage(long hva) {
    kvm.slotsLock.lock();
    int r = kvm.memoryRegions.setInternalMemoryRegion(PRIVATE_MEMSLOT, mmu.vm.apicAccessPage(), 1, hva);
    kvm.slotsLock.unlock();
    return r;
  }

  /** What a vCPU is asked for when it is made. Set-up only. */
  void vcpuReset(X86Vcpu vcpu) {
    if (mmu.vm.apicAccessPage() >= 0) {
      kvm.requests.makeRequest(Requests.KVM_REQ_APIC_PAGE_RELOAD, vcpu);
    }
  }

  /** Whether vCPUs use APICv, and with it the access page. */
  @KernelFunction(value = "kvm_apicv_activated", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12")
  public boolean apicvActivated() {
    return apicvInhibitReasons.readOnce() == 0;
  }

  /** Takes APICv away from all vCPUs, or gives it back: the page's leafs go with it. Takes srcu and mmu_lock(w). */
  @KernelFunction(value = "__kvm_set_or_clear_apicv_inhibit", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "apicv_update_lock and KVM_REQ_APICV_UPDATE: vCPUs have no APIC but this page")
  public void setApicvInhibit(boolean inhibit) {
    apicvInhibitReasons.writeOnce(inhibit ? 1 : 0);
    if (inhibit) {
      int idx = kvm.srcu.readLock();
      mmu.zap.kvmZapGfnRange(mmu.vm.apicAccessPage(), mmu.vm.apicAccessPage() + 1);
      kvm.srcu.readUnlock(idx);
    }
  }

  /** An unmap of the range goes on: if the page is in it, every vCPU is to look it up again. Held: mmu_lock(w). */
  public void unmapGfnRange(long gfnStart, long gfnEnd) {
    long gfn = mmu.vm.apicAccessPage();
    if (gfn >= gfnStart && gfn < gfnEnd) {
      // Under the lock and inside the invalidation: whoever is asked too early retries.
      kvm.requests.makeAllCpusRequest(Requests.KVM_REQ_APIC_PAGE_RELOAD);
    }
  }

  /** Looks the page's frame up for {@code vcpu}, which asks again if that may be stale. Held: srcu. May sleep. */
  @KernelFunction(value = "vmx_set_apic_access_page_addr", file = "arch/x86/kvm/vmx/vmx.c", version = "v6.4-v6.12",
      elided = "nested guests")
  public void kvmVcpuReloadApicAccessPage(X86Vcpu vcpu) {
    long gfn = mmu.vm.apicAccessPage();
    Optional<KvmMemorySlot> slot = kvm.memslots.gfnToMemslot(gfn);
    if (slot.isEmpty() || slot.get().id() != PRIVATE_MEMSLOT || slot.get().isInvalid()) {
      return;
    }
    long mmuSeq = kvm.mmuInvalidation.sample();
    // Pairs with smp_wmb() in kvm_mmu_invalidate_end().
    m.smpRmb();
    KvmPfn page = kvm.gfnToPfn.gfnToPfnMemslot(slot, gfn, false);
    if (page.isErrorNoslot()) {
      return;
    }
    kvm.mmuLock.readLock();
    boolean stale = mayBeStale(mmuSeq, gfn);
    if (stale) {
      kvm.requests.makeRequest(Requests.KVM_REQ_APIC_PAGE_RELOAD, vcpu);
    } else {
      vcpu.apicAccessAddr.write(page.pfn());
      m.trace(Tracepoint.APIC_ACCESS_PAGE, vcpu.id, page.pfn());
    }
    kvm.mmuLock.readUnlock();
    // Not pinned: the host may move it, and says so.
    kvm.gfnToPfn.releasePfnClean(page.pfn());
    if (stale) {
      m.retrying();
    }
  }

  /** Whether the host may be taking the frame away. Held: mmu_lock. */
  protected boolean mayBeStale(long mmuSeq, long gfn) {
    return kvm.mmuInvalidation.retryGfn(mmuSeq, gfn);
  }
}
