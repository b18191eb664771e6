package io.stalemate.linux.x86;

import static io.stalemate.linux.Errno.EAGAIN;
import static io.stalemate.linux.Errno.EFAULT;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmHva;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmPfn;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import java.util.Optional;

/**
 * What is behind the gfn of a fault: {@code kvm_faultin_pfn()} of v6.12. The order is the point: the sequence first,
 * then what can go stale; private against shared before anything a slot could say; no slot before everything that needs
 * one. {@link KvmFaultinV68} has the order of v6.8.
 */
public class KvmFaultin {

  protected final X86Mmu mmu;
  protected final Kvm kvm;
  protected final Machine m;

  /** The lookups of the VM whose MMU is {@code mmu}. */
  public KvmFaultin(X86Mmu mmu) {
    this.mmu = mmu;
    this.kvm = mmu.kvm;
    this.m = mmu.m;
  }

  /**
   * Looks up the frame behind {@code fault}. Held: srcu. May sleep.
   *
   * @param access what the guest's own tables would allow, for MMIO
   * @return CONTINUE with the outputs of the fault set and a reference to the frame, unless it is NOSLOT; or another
   *     RET_PF code or a negative errno
   */
  @KernelFunction(value = "kvm_faultin_pfn", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.11-v6.12",
      elided = "model: -EAGAIN for who prefaults in an invalid slot is a later fix's, 3ccbf6f47098 of v6.18")
  public int kvmFaultinPfn(X86Vcpu vcpu, KvmPageFault fault, int access) {
    if (sampleAndCompare(fault)) {
      fault.prepareMemoryFaultExit();
      return -EFAULT;
    }
    KvmMemorySlot slot = fault.slot;
    if (slot == null) {
      return handleNoslotFault(vcpu, fault, access);
    }
    if (slot.isInvalid()) {
      return invalidSlot(fault);
    }
    if (slot.id() == ApicAccessPage.PRIVATE_MEMSLOT) {
      // Another guest's APIC page is no business of L2's; to L1, without APICv, it is a device as ever, but nothing
      // must remember that, or it would have to be forgotten once APICv is back.
      if (vcpu.isGuestMode()) {
        return handleNoslotFault(vcpu, fault, access);
      }
      if (!mmu.apic.apicvActivated()) {
        return RetPf.EMULATE;
      }
    }
    if (retryUnsafe(fault)) {
      return RetPf.RETRY;
    }
    int ret = faultin(vcpu, fault, slot);
    if (ret != RetPf.CONTINUE) {
      return ret;
    }
    if (new KvmPfn(fault.pfn, false).isError()) {
      return handleErrorPfn(fault);
    }
    if (m.warnOn(fault.pfn == KvmPfn.NOSLOT, "kvm_faultin_pfn: a slot without a frame")) {
      return handleNoslotFault(vcpu, fault, access);
    }
    return checkAgain(fault);
  }

  /** Samples the sequence, and only then asks whether the kinds differ (44f42ef37deb). */
  protected boolean sampleAndCompare(KvmPageFault fault) {
    sampleSeq(fault);
    return kindDiffers(fault);
  }

  /** Notes {@code mmu_invalidate_seq}: whatever is read from here on is as of later. */
  protected void sampleSeq(KvmPageFault fault) {
    fault.mmuSeq = kvm.mmuInvalidation.sample();
    m.trace(Tracepoint.FAULT_SEQ, fault.gfn, fault.mmuSeq);
    // Pairs with smp_wmb() in kvm_mmu_invalidate_end().
    m.smpRmb();
  }

  /**
   * Whether the guest wants private memory and the gfn is shared, or the reverse. An attribute that changes after this
   * look moves the sequence on, so the look must come after the sample.
   */
  protected boolean kindDiffers(KvmPageFault fault) {
    boolean attribute = kvm.memAttributes.isPrivate(fault.gfn);
    m.trace(Tracepoint.PRIVATE_CHECK, fault.gfn, fault.isPrivate ? 1 : 0, attribute ? 1 : 0, 0);
    return fault.isPrivate != attribute;
  }

  /**
   * A slot on its way out. Waiting sees to it that its leafs are gone before an MMIO SPTE comes; but who prefaults
   * waits inside its srcu section, which the update waits for (3ccbf6f47098, v6.18; v6.12 yields RETRY to it too).
   */
  protected int invalidSlot(KvmPageFault fault) {
    return fault.prefetch ? -EAGAIN : RetPf.RETRY;
  }

  /** No memory there: MMIO, which private accesses cannot be. Held: srcu. */
  @KernelFunction(value = "kvm_handle_noslot_fault", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.11-v6.12")
  protected int handleNoslotFault(X86Vcpu vcpu, KvmPageFault fault, int access) {
    if (fault.isPrivate) {
      fault.prepareMemoryFaultExit();
      return -EFAULT;
    }
    return asMmio(vcpu, fault, access);
  }

  /** The rest of kvm_handle_noslot_fault(). */
  protected int asMmio(X86Vcpu vcpu, KvmPageFault fault, int access) {
    mmu.mmio.vcpuCacheMmioInfo(vcpu, fault.gfn, access);
    fault.slot = null;
    fault.pfn = KvmPfn.NOSLOT;
    fault.mapWritable = false;
    fault.hva = KvmHva.ERR_BAD;
    // Without MMIO SPTEs the next access faults again, and gfns beyond the tables have no entry to hold one.
    boolean emulateAtOnce = !mmu.vm.mmioCaching() || fault.gfn >= mmu.geometry.gfns();
    return emulateAtOnce ? RetPf.EMULATE : RetPf.CONTINUE;
  }

  /** The guess without the lock whether asking the host is of use (d02c357e5bfa). */
  protected boolean retryUnsafe(KvmPageFault fault) {
    return kvm.mmuInvalidation.retryGfnUnsafe(fault.mmuSeq, fault.gfn);
  }

  /** The same once the frame is known: better now than with mmu_lock held. */
  protected int checkAgain(KvmPageFault fault) {
    if (retryUnsafe(fault)) {
      kvm.gfnToPfn.releasePfnClean(fault.pfn);
      return RetPf.RETRY;
    }
    return RetPf.CONTINUE;
  }

  /** Asks whoever has the memory. Yields CONTINUE, also with an error for a frame; another RET_PF code or an errno. */
  @KernelFunction(value = "__kvm_faultin_pfn", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.11-v6.12",
      elided = "signals")
  protected int faultin(X86Vcpu vcpu, KvmPageFault fault, KvmMemorySlot slot) {
    return fault.isPrivate ? faultinPrivate(fault, slot) : faultinShared(vcpu, fault, Optional.of(slot));
  }

  /** Asks the slot's guest_memfd. */
  @KernelFunction(value = "kvm_faultin_pfn_private", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "huge folios: all are of order 0")
  protected int faultinPrivate(KvmPageFault fault, KvmMemorySlot slot) {
    if (!slot.canBePrivate()) {
      fault.prepareMemoryFaultExit();
      return -EFAULT;
    }
    KvmPfn page = kvm.guestMemfd.getPfn(slot, fault.gfn);
    if (page.pfn() < 0) {
      fault.prepareMemoryFaultExit();
      return (int) page.pfn();
    }
    fault.maxLevel = privateMaxLevel(fault);
    found(fault, page.pfn(), page.writable());
    return RetPf.CONTINUE;
  }

  /** kvm_max_level_for_order(): frames of one folio alone follow each other. */
  protected int privateMaxLevel(KvmPageFault fault) {
    return EptGeometry.LEVEL_4K;
  }

  /** Asks the host. */
  protected int faultinShared(X86Vcpu vcpu, KvmPageFault fault, Optional<KvmMemorySlot> slot) {
    KvmPfn page = kvm.gfnToPfn.gfnToPfnMemslot(slot, fault.gfn, fault.write, true);
    if (page.pfn() == KvmPfn.ERR_NEEDS_IO) {
      if (mmu.asyncPf.tryAsyncGetPage(vcpu, fault)) {
        return RetPf.RETRY;
      }
      page = kvm.gfnToPfn.gfnToPfnMemslot(slot, fault.gfn, fault.write);
    }
    found(fault, page.pfn(), page.writable());
    return RetPf.CONTINUE;
  }

  private void found(KvmPageFault fault, long pfn, boolean writable) {
    KvmMemorySlot slot = fault.slot;
    fault.pfn = pfn;
    fault.mapWritable = writable;
    if (!fault.isPrivate && slot != null) {
      fault.hva = pfn == KvmPfn.ERR_RO_FAULT ? KvmHva.ERR_RO_BAD : slot.gfnToHva(fault.gfn);
    }
    if (pfn != KvmPfn.NOSLOT) {
      m.trace(Tracepoint.FAULT_PFN, fault.gfn, Math.max(pfn, 0), writable ? 1 : 0, 0);
    }
  }

  /** What becomes of a fault that the host has no frame for. */
  @KernelFunction(value = "kvm_handle_error_pfn", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "signals: that of a poisoned page, and those that interrupt")
  protected int handleErrorPfn(KvmPageFault fault) {
    if (fault.pfn == KvmPfn.ERR_RO_FAULT) {
      // A device to writes alone: no MMIO SPTE, which would catch reads too.
      return RetPf.EMULATE;
    }
    return fault.pfn == KvmPfn.ERR_HWPOISON ? RetPf.RETRY : -EFAULT;
  }
}
