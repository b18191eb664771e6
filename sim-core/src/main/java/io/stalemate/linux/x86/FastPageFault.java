package io.stalemate.linux.x86;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.cpu.x86.EptPte;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;
import org.jspecify.annotations.Nullable;

/**
 * {@code fast_page_fault()} of {@code arch/x86/kvm/mmu/mmu.c}: gives a leaf back a permission that nothing but dirty
 * logging or access tracking took from it, without mmu_lock. Safe because the entries of a direct MMU are for one gfn
 * for ever: if the frame behind it changes, the entry's value does, and the cmpxchg fails.
 */
public class FastPageFault {

  /** Attempts after the first before the fault goes the slow way. */
  private static final int RETRIES = 4;

  protected final X86Mmu mmu;

  /** The fast path of {@code mmu}. */
  public FastPageFault(X86Mmu mmu) {
    this.mmu = mmu;
  }

  /** Yields FIXED or SPURIOUS if the guest can try again at once, else INVALID: the slow way. Held: srcu. */
  @KernelFunction(value = "fast_page_fault", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "shadow pages")
  public int fastPageFault(X86Vcpu vcpu, KvmPageFault fault) {
    if (!pageFaultCanBeFast(fault)) {
      return RetPf.INVALID;
    }
    int ret = RetPf.RETRY;
    // walk_shadow_page_lockless_begin(): tables that are unlinked meanwhile stay until the section ends.
    mmu.m.rcu().readLock();
    for (int attempt = 0; attempt <= RETRIES && ret == RetPf.RETRY; attempt++) {
      ret = tryToFix(vcpu, fault);
    }
    mmu.m.rcu().readUnlock();
    if (ret == RetPf.FIXED || ret == RetPf.SPURIOUS) {
      mmu.m.trace(Tracepoint.FAST_PAGE_FAULT, vcpu.id, fault.addr, fault.errorCode, ret);
      return ret;
    }
    return RetPf.INVALID;
  }

  /**
   * Whether the fault may be one that only lacks a permission: a write to what is present; or, without accessed bits,
   * anything, as the kernel takes all permissions from a leaf to notice accesses.
   */
  @KernelFunction(value = "page_fault_can_be_fast", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12")
  protected boolean pageFaultCanBeFast(KvmPageFault fault) {
    if (fault.rsvd || isOfOtherKind(fault)) {
      return false;
    }
    return fault.present ? fault.write : !mmu.vm.adBits();
  }

  /**
   * Whether the guest wants the page private and it is shared, or the other way round: such a fault looks like one that
   * lacks a permission (v6.11). May be out of date at once; the slow path decides.
   */
  protected boolean isOfOtherKind(KvmPageFault fault) {
    return mmu.vm.type().hasPrivateMem() && fault.isPrivate != mmu.kvm.memAttributes.isPrivate(fault.gfn);
  }

  /** Walks to the leaf and gives it what the fault wants; RETRY if it changed meanwhile. Held: rcu. */
  private int tryToFix(X86Vcpu vcpu, KvmPageFault fault) {
    KvmMmuPage root = mmu.toShadowPage(vcpu.root.read());
    Word sptep = null;
    long spte = Spte.FROZEN;
    int level = 0;
    // kvm_tdp_mmu_fast_pf_get_last_sptep()
    TdpIter iter = mmu.tdpMmu.iter(root, EptGeometry.LEVEL_4K, fault.gfn, fault.gfn + 1);
    for (; iter.valid; iter.next()) {
      sptep = iter.sptep();
      spte = iter.oldSpte;
      level = iter.level;
    }
    // The vCPU has a reference to its root, so there is a last entry.
    if (mmu.m.warnOn(sptep == null, "fast_page_fault: no SPTE") || sptep == null || !Spte.leaf(spte, level)) {
      return RetPf.INVALID;
    }
    if (isAccessAllowed(fault, spte)) {
      return RetPf.SPURIOUS;
    }
    long newSpte = spte;
    if (!mmu.vm.adBits() && Spte.accessTrack(spte)) {
      newSpte = Spte.restoreAccTrack(newSpte);
    }
    if (fault.write && isMmuWritable(spte)) {
      newSpte |= EptPte.WRITE;
      if (level > EptGeometry.LEVEL_4K && keepsHugeLeafReadOnly(fault.slot)) {
        return RetPf.INVALID;
      }
    }
    if (newSpte == spte || !isAccessAllowed(fault, newSpte)) {
      return RetPf.INVALID;
    }
    return fixDirectSpte(vcpu, fault, level, sptep, spte, newSpte) ? RetPf.FIXED : RetPf.RETRY;
  }

  /** {@code is_access_allowed()}: whether {@code spte} permits what the fault wants. */
  @KernelFunction(value = "is_access_allowed", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12")
  private static boolean isAccessAllowed(KvmPageFault fault, long spte) {
    if (fault.exec) {
      return (spte & EptPte.EXEC) != 0;
    }
    return fault.write ? Spte.writable(spte) : (spte & EptPte.READ) != 0;
  }

  /** Whether nothing but dirty logging took the W bit. */
  protected boolean isMmuWritable(long spte) {
    return Spte.mmuWritable(spte);
  }

  /** Whether writes are noted page by page: a huge leaf must be split, which takes mmu_lock. */
  protected boolean keepsHugeLeafReadOnly(@Nullable KvmMemorySlot slot) {
    return slot != null && slot.isLogging();
  }

  /** Stores {@code newSpte} if the entry still is {@code oldSpte}; yields whether it did. Held: srcu, rcu. */
  @KernelFunction(value = "fast_pf_fix_direct_spte", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12")
  protected boolean fixDirectSpte(
      X86Vcpu vcpu, KvmPageFault fault, int level, Word sptep, long oldSpte, long newSpte) {
    // elided: setting the D bit as well, which would save an entry in the page-modification log
    if (sptep.cmpxchg(oldSpte, newSpte) != oldSpte) {
      return false;
    }
    long gfnBase = mmu.geometry.roundDown(fault.gfn, level);
    mmu.m.trace(Tracepoint.TDP_SET_SPTE, gfnBase, level, oldSpte, newSpte);
    // After it: whoever takes the page out of the log from here on finds the W bit, and clears it.
    if (Spte.writable(newSpte) && !Spte.writable(oldSpte)) {
      markDirty(vcpu, fault);
    }
    return true;
  }

  /** {@code mark_page_dirty_in_slot()}. */
  protected void markDirty(X86Vcpu vcpu, KvmPageFault fault) {
    if (fault.slot != null) {
      mmu.kvm.memslots.markPageDirtyInSlot(vcpu, fault.slot, fault.gfn);
    }
  }
}
