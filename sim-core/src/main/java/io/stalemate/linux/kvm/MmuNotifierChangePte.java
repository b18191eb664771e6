package io.stalemate.linux.kvm;

import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Tracepoint;

/** The mmu-notifier with {@code change_pte}, which v6.10 removed (f7842747d13d). */
public class MmuNotifierChangePte extends MmuNotifier {

  public MmuNotifierChangePte(Kvm kvm) {
    super(kvm);
  }

  @Override
  @KernelFunction(value = "kvm_mmu_notifier_change_pte", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.9")
  public void changePte(long hva, long pfn) {
    m.warnOn(kvm.mnActiveInvalidateCount.readOnce() == 0, "change_pte outside a notifier pair");
    // Nested in a start/end pair: if that found no memslot there is nothing to do. The kernel reads the field plainly,
    // as MmuInvalidation.sample() says.
    if (kvm.mmuInvalidateInProgress.readOnce() == 0) {
      return;
    }
    boolean locked = false;
    boolean flush = false;
    int idx = kvm.srcu.readLock();
    for (KvmMemorySlot slot : kvm.memslots.kvmMemslots().slots()) {
      if (hva < slot.userspaceAddr() || hva >= slot.userspaceAddr() + slot.npages()) {
        continue;
      }
      if (!locked) {
        locked = true;
        kvm.mmuLock.writeLock();
      }
      flush |= changeSpteGfn(slot, slot.hvaToGfn(hva), pfn);
    }
    if (flush) {
      flushRemoteTlbs();
    }
    if (locked) {
      kvm.mmuLock.writeUnlock();
    }
    kvm.srcu.readUnlock(idx);
  }

  /** One slot's part. Held: mmu_lock(w). Yields whether the TLBs must be flushed. */
  @KernelFunction(value = "kvm_change_spte_gfn", file = "virt/kvm/kvm_main.c", version = "v6.4-v6.9")
  protected boolean changeSpteGfn(KvmMemorySlot slot, long gfn, long pfn) {
    // The pair around this zaps the slot already, and a slot on its way out gets no new translations (2230f9e1171a).
    if (slot.isInvalid()) {
      return false;
    }
    m.trace(Tracepoint.SLOT_USE, slot.serial(), gfn);
    return kvm.archMmu.setSpteGfn(gfn, pfn);
  }
}
