package io.stalemate.race;

import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.Memslots;
import java.util.List;
import java.util.Optional;

/** A fault that finds its memslot on the way out looks again until it is gone, inside its SRCU section. */
final class SpinsOnInvalidSlot implements Race {

  @Override
  public Card card() {
    return new Card("spins-on-invalid-slot",
        "a lookup retries on an INVALID memslot inside the SRCU section that the deletion waits for",
        Kind.HISTORICAL,
        "KVM_PRE_FAULT_MEMORY on x86 up to v6.17, fixed by 3ccbf6f47098 (v6.18) with -EAGAIN; put "
        + "into the common lookup here",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("fault-vs-slot-delete"),
        "progress");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withMemslots(kvm -> new Memslots(kvm) {
      @Override
      public Optional<KvmMemorySlot> gfnToMemslot(long gfn) {
        Optional<KvmMemorySlot> slot = super.gfnToMemslot(gfn);
        while (slot.isPresent() && slot.get().isInvalid()) {
          // missing: leave the SRCU section, without which the deletion never ends
          m.retrying();
          slot = super.gfnToMemslot(gfn);
        }
        return slot;
      }
    });
  }
}
