package io.stalemate.race;

import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.MemAttributes;
import java.util.List;

/** A change of attributes over several memslots takes the translations of the first one alone. */
final class AttributesFirstSlotOnly implements Race {

  @Override
  public Card card() {
    return new Card("attributes-first-slot-only",
        "a change of attributes leaves what its second memslot has mapped",
        Kind.MUTATION,
        "kvm_handle_gfn_range(): every memslot in the range is unmapped, however many there are; the "
        + "attributes are stored for all gfns",
        List.of("v6.12", "v6.8"),
        List.of("attr-two-slots-vs-fault"),
        "private-shared");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withMemAttributes(kvm -> new MemAttributes(kvm) {
      @Override
      protected List<KvmMemorySlot> slotsInRange(long gfnStart, long gfnEnd) {
        List<KvmMemorySlot> slots = super.slotsInRange(gfnStart, gfnEnd);
        // missing: the memslots after the first
        return slots.subList(0, Math.min(slots.size(), 1));
      }
    });
  }
}
