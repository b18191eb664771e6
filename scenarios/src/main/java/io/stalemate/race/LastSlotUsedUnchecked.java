package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.HandleGuestAbort;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.machine.Word;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A vCPU's last slot is used again without a look at the generation it is from. */
final class LastSlotUsedUnchecked implements Race {

  @Override
  public Card card() {
    return new Card("last-slot-used-unchecked",
        "a fault uses the slot that the vCPU's last fault used, though it was deleted since",
        Kind.MUTATION,
        "fe22ed827c5b (v5.15) keeps the last slot used in each vCPU, valid for one generation of memslots; the test "
        + "of the generation removed",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("fault-vs-slot-delete", "invalid-slot-is-mmio"),
        "stale-translation");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withHandleGuestAbort((arch, caps) -> new HandleGuestAbort(arch, caps) {
      private final List<KvmMemorySlot> used = new ArrayList<>();
      private final Word last = m.word("vcpu->last_used_slot", 0);

      @Override
      protected Optional<KvmMemorySlot> lookUp(KvmVcpu vcpu, long gfn) {
        int number = (int) last.readOnce();
        // missing: whether the memslots are still of the generation that it was found in
        if (number != 0 && used.get(number - 1).contains(gfn)) {
          return Optional.of(used.get(number - 1));
        }
        Optional<KvmMemorySlot> slot = super.lookUp(vcpu, gfn);
        if (slot.isPresent() && !slot.get().isInvalid()) {
          used.add(slot.get());
          last.writeOnce(used.size());
        }
        return slot;
      }
    });
  }
}
