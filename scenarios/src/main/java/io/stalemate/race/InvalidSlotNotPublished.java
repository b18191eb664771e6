package io.stalemate.race;

import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.MemoryRegions;
import java.util.List;

/** A deletion zaps the slot while faults can still look it up. */
final class InvalidSlotNotPublished implements Race {

  @Override
  public Card card() {
    return new Card("invalid-slot-not-published",
        "a memslot is zapped before an INVALID one stands in for it",
        Kind.MUTATION,
        "the first swap of kvm_invalidate_memslot() removed: faults under way map the slot again "
        + "behind the zap",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("fault-vs-slot-delete"),
        "stale-translation");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withMemoryRegions(kvm -> new MemoryRegions(kvm) {
      @Override
      protected KvmMemorySlot invalidateMemslot(KvmMemorySlot old) {
        KvmMemorySlot invalid = invalidCopy(old);
        kvm.slotsArchLock.unlock();
        // missing: kvm_activate_memslot(invalid), which also waits for the readers of the old set
        flushShadowMemslot(old);
        kvm.slotsArchLock.lock();
        return invalid;
      }
    });
  }
}
