package io.stalemate.race;

import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.MemoryRegions;
import java.util.List;

/** A deleted memslot keeps its stage-2 translations. */
final class SlotDeletedWithoutZap implements Race {

  @Override
  public Card card() {
    return new Card("slot-deleted-without-zap",
        "a deleted memslot's translations stay in the stage-2 table",
        Kind.MUTATION,
        "kvm_arch_flush_shadow_memslot() removed from the deletion of a memslot",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("fault-vs-slot-delete"),
        "stale-translation");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withMemoryRegions(kvm -> new MemoryRegions(kvm) {
      @Override
      protected void flushShadowMemslot(KvmMemorySlot old) {
        // missing: kvm_arch_flush_shadow_memslot()
      }
    });
  }
}
