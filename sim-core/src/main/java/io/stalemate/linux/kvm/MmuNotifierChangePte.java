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
    // Nested in a start/end pair: if that found no memslot there is nothing to do. The kernel reads the field plainly,
    // as MmuInvalidation.sample() says.
    if (kvm.mmuInvalidateInProgress.readOnce() == 0) {
      return;
    }
    int idx = kvm.srcu.readLock();
    for (KvmMemorySlot slot : kvm.memslots.kvmMemslots().slots()) {
      // The pair around this zaps the slot already, and a slot on its way out gets no new translations (2230f9e1171a).
      if (slot.isInvalid() || hva < slot.userspaceAddr() || hva >= slot.userspaceAddr() + slot.npages()) {
        continue;
      }
      long gfn = slot.hvaToGfn(hva);
      m.trace(Tracepoint.SLOT_USE, slot.serial(), gfn);
      kvm.mmuLock.writeLock();
      if (kvm.archMmu.setSpteGfn(gfn, pfn)) {
        flushRemoteTlbs();
      }
      kvm.mmuLock.writeUnlock();
    }
    kvm.srcu.readUnlock(idx);
  }
}
