package io.stalemate.linux.x86;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.cpu.x86.EptPte;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.machine.KernelFunction;

/** What goes into an SPTE. Follows {@code arch/x86/kvm/mmu/spte.c}, with the bits that VMX gives EPT entries. */
public class MakeSpte {

  protected final X86Mmu mmu;

  public MakeSpte(X86Mmu mmu) {
    this.mmu = mmu;
  }

  /**
   * A leaf for a fault.
   *
   * @param spte the entry
   * @param wrprot whether the page had to stay write-protected although the host lets it be written
   */
  public record Leaf(long spte, boolean wrprot) {}

  /**
   * Yields the leaf that answers {@code fault}, which has a slot, at the entry {@code iter} is at. Notes the page as
   * dirty if the leaf is writable and its slot logs that. Held: mmu_lock in any mode, srcu.
   */
  @KernelFunction(value = "make_spte", file = "arch/x86/kvm/mmu/spte.c", version = "v6.8-v6.12",
      elided = "memory types, the NX huge page workaround, memory encryption, PML for nested guests, shadow pages")
  public Leaf makeSpte(X86Vcpu vcpu, KvmMemorySlot slot, KvmPageFault fault, TdpIter iter) {
    boolean mayWrite = fault.mapWritable;
    boolean wrprot = false;
    long spte = Spte.MMU_PRESENT | EptPte.address(fault.pfn) | EptPte.READ | EptPte.EXEC
        | EptPte.MEMORY_TYPE_WB | EptPte.IGNORE_PAT;
    spte |= mmu.vm.adBits() ? Spte.AD_ENABLED : Spte.AD_DISABLED;
    if (!fault.prefetch && mmu.vm.adBits()) {
      spte |= EptPte.ACCESSED;
    }
    if (iter.level > EptGeometry.LEVEL_4K) {
      spte |= EptPte.LARGE;
    }
    if (mayWrite) {
      spte |= Spte.HOST_WRITABLE;
      // A page that was writable is not tracked: tracking would have taken the permission away.
      if (!wasWritable(iter) && mmu.isWriteTracked(slot, iter.gfn)) {
        wrprot = true;
        mayWrite = false;
      }
    }
    if (mayWrite) {
      spte |= EptPte.WRITE | Spte.MMU_WRITABLE;
      // Set right away: hardware need not log what is noted below. Up to v6.12 the shortcut above skips this too: in
      // the place of a writable leaf the bit is left to hardware.
      if (mmu.vm.adBits() && !wasWritable(iter)) {
        spte |= EptPte.DIRTY;
      }
    }
    if (fault.prefetch) {
      spte = Spte.markForAccessTrack(spte);
    }
    if (Spte.writable(spte) && slot.isLogging()) {
      mmu.m.warnOn(iter.level > EptGeometry.LEVEL_4K, "make_spte: a writable huge page in a slot that is logged");
      markPageDirty(vcpu, slot, iter.gfn);
    }
    return new Leaf(spte, wrprot);
  }

  /**
   * Whether the entry was a writable leaf. model: the kernel of v6.8 to v6.12 asks is_writable_pte() alone, which the
   * values of tables and MMIO SPTEs pass, as they have W: an MMIO SPTE that outlived the coming of a memslot would hide
   * that the gfn is tracked.
   */
  protected boolean wasWritable(TdpIter iter) {
    return Spte.leaf(iter.oldSpte, iter.level) && Spte.writable(iter.oldSpte);
  }

  /** mark_page_dirty_in_slot(): before the leaf is there, so that no write is lost. */
  protected void markPageDirty(X86Vcpu vcpu, KvmMemorySlot slot, long gfn) {
    mmu.kvm.memslots.markPageDirtyInSlot(vcpu, slot, gfn);
  }

  /** Yields the entry that points to the table in frame {@code childPfn}. */
  @KernelFunction(value = "make_nonleaf_spte", file = "arch/x86/kvm/mmu/spte.c", version = "v6.8-v6.12")
  public long makeNonleafSpte(long childPfn) {
    long spte = Spte.MMU_PRESENT | EptPte.address(childPfn) | EptPte.RWX;
    return spte | (mmu.vm.adBits() ? EptPte.ACCESSED : Spte.AD_DISABLED);
  }

  /**
   * Yields entry {@code index} of the table that takes the place of huge leaf {@code hugeSpte} of {@code hugeLevel}.
   */
  @KernelFunction(value = "make_huge_page_split_spte", file = "arch/x86/kvm/mmu/spte.c", version = "v6.8-v6.12",
      elided = "the NX huge page workaround")
  public long makeHugePageSplitSpte(long hugeSpte, int hugeLevel, int index) {
    boolean huge = Spte.shadowPresent(hugeSpte) && Spte.large(hugeSpte);
    if (mmu.m.warnOn(!huge, "make_huge_page_split_spte of something else")) {
      return Spte.NONPRESENT;
    }
    int level = hugeLevel - 1;
    long spte = hugeSpte + EptPte.address(index * mmu.geometry.pages(level));
    return level == EptGeometry.LEVEL_4K ? spte & ~EptPte.LARGE : spte;
  }

  /** Yields the entry after the host replaced the page behind {@code oldSpte} by the read-only {@code newPfn}. */
  @KernelFunction(value = "kvm_mmu_changed_pte_notifier_make_spte", file = "arch/x86/kvm/mmu/spte.c",
      version = "v6.8-v6.9")
  public long changedPteNotifierMakeSpte(long oldSpte, long newPfn) {
    long spte = oldSpte & ~EptPte.address(-1) | EptPte.address(newPfn);
    spte &= ~(EptPte.WRITE | Spte.HOST_WRITABLE | Spte.MMU_WRITABLE);
    return Spte.markForAccessTrack(spte);
  }
}
