package io.stalemate.linux.kvm;

import io.stalemate.linux.mm.Gup;
import io.stalemate.linux.mm.Pte;
import io.stalemate.linux.mm.Vma;
import io.stalemate.linux.mm.VmaKind;
import io.stalemate.machine.KernelFunction;
import java.util.Optional;

/** From a gfn to the frame behind it, by way of the host's page tables. Follows {@code virt/kvm/kvm_main.c}. */
public class GfnToPfn {
  protected final Kvm kvm;
  protected final Gup gup;

  public GfnToPfn(Kvm kvm) {
    this.kvm = kvm;
    this.gup = new Gup(kvm.mm);
  }

  /**
   * Yields the frame behind {@code gfn} with one page reference, and whether it may be mapped writable; or an error.
   * May sleep and takes mmap_lock. Held: srcu, as for any use of the slot. The answer may be stale at once.
   *
   * @param slot what {@link Memslots#gfnToMemslot} yielded
   * @param writeFault whether the guest wants to write
   */
  @KernelFunction(value = "__gfn_to_pfn_memslot", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12",
      elided = "interruptible waits")
  public KvmPfn gfnToPfnMemslot(Optional<KvmMemorySlot> slot, long gfn, boolean writeFault) {
    return gfnToPfnMemslot(slot, gfn, writeFault, false);
  }

  /**
   * As {@link #gfnToPfnMemslot(Optional, long, boolean)}.
   *
   * @param async yield {@link KvmPfn#ERR_NEEDS_IO} in place of waiting for I/O
   */
  @KernelFunction(value = "__gfn_to_pfn_memslot", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12",
      elided = "interruptible waits")
  public KvmPfn gfnToPfnMemslot(Optional<KvmMemorySlot> slot, long gfn, boolean writeFault, boolean async) {
    long hva = kvm.memslots.gfnToHvaMany(slot, gfn, writeFault);
    if (hva == KvmHva.ERR_RO_BAD) {
      return new KvmPfn(KvmPfn.ERR_RO_FAULT, false);
    }
    if (hva < 0 || slot.isEmpty()) {
      return new KvmPfn(KvmPfn.NOSLOT, false);
    }
    // A page of a read-only slot is never asked for as writable.
    return hvaToPfn(hva, writeFault, !slot.get().isReadonly(), async);
  }

  /**
   * As {@link #gfnToPfnMemslot}, from an hva.
   *
   * @param mapWritable whether a read fault may yield a writable frame
   */
  @KernelFunction(value = "hva_to_pfn", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12",
      elided = "hwpoison: no page that user space maps is ever poisoned here")
  public KvmPfn hvaToPfn(long hva, boolean writeFault, boolean mapWritable) {
    return hvaToPfn(hva, writeFault, mapWritable, false);
  }

  private KvmPfn hvaToPfn(long hva, boolean writeFault, boolean mapWritable, boolean async) {
    if (writeFault || mapWritable) {
      long pfn = gup.getUserPagesFastOnly(hva, true);
      if (pfn > 0) {
        return new KvmPfn(pfn, true);
      }
    }
    long pfn = gup.getUserPagesUnlocked(hva, writeFault, async);
    if (pfn > 0) {
      return mapReadFaultWritable(hva, pfn, writeFault, mapWritable);
    }
    return hvaToPfnRemapped(hva, writeFault, async);
  }

  /** A read fault takes the frame writable if the host has it so by now. */
  protected KvmPfn mapReadFaultWritable(long hva, long pfn, boolean writeFault, boolean mapWritable) {
    if (writeFault || !mapWritable) {
      return new KvmPfn(pfn, writeFault);
    }
    long writablePfn = gup.getUserPagesFastOnly(hva, true);
    if (writablePfn <= 0) {
      return new KvmPfn(pfn, false);
    }
    kvm.mm.memMap.putPage(pfn);
    return new KvmPfn(writablePfn, true);
  }

  /** Frames that GUP refuses: VM_PFNMAP mappings. A frame whose page has no reference is refused (f8be156be163). */
  @KernelFunction(value = "hva_to_pfn_remapped", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12",
      elided = "frames without a struct page; fixup_user_fault: such a mapping is complete from the start")
  private KvmPfn hvaToPfnRemapped(long hva, boolean writeFault, boolean async) {
    kvm.mm.mmapLock.downRead();
    KvmPfn result = new KvmPfn(KvmPfn.ERR_FAULT, false);
    Vma vma = kvm.mm.vmaLookup(hva);
    if (vma.kind() == VmaKind.PFNMAP) {
      // What the entry permits counts, not what the VMA would: a driver may map some of its frames read-only.
      long pte = gup.followPte(hva);
      if (Pte.isPresent(pte) && writeFault && !Pte.isWritable(pte)) {
        result = new KvmPfn(KvmPfn.ERR_RO_FAULT, false);
      } else if (Pte.isPresent(pte) && kvm.mm.memMap.getPageUnlessZero(Pte.pfn(pte))) {
        result = new KvmPfn(Pte.pfn(pte), Pte.isWritable(pte));
      }
    } else if (async && vma.exists() && (!writeFault || vma.writable())) {
      result = new KvmPfn(KvmPfn.ERR_NEEDS_IO, false);
    }
    kvm.mm.mmapLock.upRead();
    return result;
  }

  /** Marks a frame written; the caller holds its reference, or mmu_lock with a valid leaf for it. */
  @KernelFunction(value = "kvm_set_pfn_dirty", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12")
  public void setPfnDirty(long pfn) {
    if (kvm.mm.memMap.pfnValid(pfn)) {
      kvm.mm.memMap.setPageDirty(pfn);
    }
  }

  /** Tells reclaim that a frame is in use; the caller may touch it as for {@link #setPfnDirty}. */
  @KernelFunction(value = "kvm_set_pfn_accessed", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12")
  public void setPfnAccessed(long pfn) {
    if (kvm.mm.memMap.pfnValid(pfn)) {
      kvm.mm.memMap.markPageAccessed(pfn);
    }
  }

  /** Drops the reference that {@link #gfnToPfnMemslot} took. */
  @KernelFunction(value = "kvm_release_pfn_clean", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12")
  public void releasePfnClean(long pfn) {
    kvm.mm.memMap.putPage(pfn);
  }
}
