package io.stalemate.linux.x86;

import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmPfn;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;

/**
 * The fault path of a VM with a TDP MMU: without the lock first, then with the frame in hand and mmu_lock held for
 * reading. Follows {@code arch/x86/kvm/mmu/mmu.c} of v6.12; {@link DirectPageFaultV68} is the text of v6.8.
 */
public class DirectPageFault {

  /** {@code ACC_ALL}. */
  protected static final int ACC_ALL = MmuPermissions.EXEC | MmuPermissions.WRITE | MmuPermissions.USER;

  protected final X86Mmu mmu;
  protected final Kvm kvm;
  protected final Machine m;

  /** The fault path of the VM whose MMU is {@code mmu}. */
  public DirectPageFault(X86Mmu mmu) {
    this.mmu = mmu;
    this.kvm = mmu.kvm;
    this.m = mmu.m;
  }

  /** Maps what {@code fault} asks for. Held: srcu. May sleep. Yields a RET_PF code or a negative errno. */
  @KernelFunction(value = "kvm_tdp_mmu_page_fault", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "guest MTRRs, which may cap the level")
  public int kvmTdpMmuPageFault(X86Vcpu vcpu, KvmPageFault fault) {
    int r = handle(vcpu, fault);
    m.trace(Tracepoint.FAULT_DONE, fault.gfn, Math.min(r, 0));
    return r;
  }

  private int handle(X86Vcpu vcpu, KvmPageFault fault) {
    if (pageFaultHandlePageTrack(fault)) {
      return writeProtected();
    }
    int r = mmu.fastPageFault.fastPageFault(vcpu, fault);
    if (r != RetPf.INVALID) {
      return r;
    }
    r = vcpu.mmuPageCache.topup(mmu.geometry.levels());
    if (r != 0) {
      return r;
    }
    r = mmu.faultin.kvmFaultinPfn(vcpu, fault, ACC_ALL);
    if (r != RetPf.CONTINUE) {
      return r;
    }
    // Reading is enough: an invalidation begins and ends with the lock held for writing, so neither can fall between
    // the check and the unlock.
    kvm.mmuLock.readLock();
    r = checkAndMap(vcpu, fault);
    kvm.mmuLock.readUnlock();
    releasePfn(fault);
    return r;
  }

  /** What is decided and done under the lock. Held: mmu_lock(r). */
  protected int checkAndMap(X86Vcpu vcpu, KvmPageFault fault) {
    return isPageFaultStale(vcpu, fault) ? RetPf.RETRY : mmu.tdpMap.kvmTdpMmuMap(vcpu, fault);
  }

  /** What a write to a write-tracked gfn ends with. */
  protected int writeProtected() {
    return RetPf.WRITE_PROTECTED;
  }

  /** Whether the fault is a write to a gfn that no leaf may make writable: mapping it again is of no use. */
  @KernelFunction(value = "page_fault_handle_page_track", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12")
  protected boolean pageFaultHandlePageTrack(KvmPageFault fault) {
    if (fault.rsvd || !fault.present || !fault.write) {
      return false;
    }
    return fault.slot != null && mmu.isWriteTracked(fault.slot, fault.gfn);
  }

  /**
   * Whether the root was made obsolete by a memslot update, or what the fault learned by an invalidation. Held:
   * mmu_lock.
   */
  @KernelFunction(value = "is_page_fault_stale", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "roots without a shadow page")
  public boolean isPageFaultStale(X86Vcpu vcpu, KvmPageFault fault) {
    if (rootIsObsolete(vcpu)) {
      return true;
    }
    // MMIO has no hva that could go away; what it depends on is the memslots, and its SPTE holds their generation.
    return subjectToInvalidation(fault) && kvm.mmuInvalidation.retryGfn(fault.mmuSeq, fault.gfn);
  }

  /** Whether mapping into the vCPU's root would be mapping into a table that is being taken down (a955cad84cda). */
  protected boolean rootIsObsolete(X86Vcpu vcpu) {
    return mmu.roots.isObsoleteRoot(vcpu.root.read());
  }

  /** Whether the fault found memory, which the host may take away. */
  protected boolean subjectToInvalidation(KvmPageFault fault) {
    return fault.slot != null;
  }

  /** Drops the reference: from now on the notifier protocol alone keeps the page. */
  protected void releasePfn(KvmPageFault fault) {
    if (fault.pfn != KvmPfn.NOSLOT) {
      kvm.gfnToPfn.releasePfnClean(fault.pfn);
    }
  }
}
