package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.HandleGuestAbort;
import io.stalemate.linux.kvm.KvmHva;
import java.util.List;

/** A write to a read-only slot is handled as a fault on memory. */
final class RoWriteFaultsIn implements Race {

  @Override
  public Card card() {
    return new Card("ro-write-faults-in",
        "whether the slot may be written is not looked at, so the fault path refuses the write with -EFAULT",
        Kind.MUTATION,
        "the second half of kvm_is_error_hva(hva) || (write_fault && !writable) in kvm_handle_guest_abort() removed: "
        + "the store to a read-only slot does not leave as MMIO",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("ro-slot-write-vs-slot-delete"),
        "conformance");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withHandleGuestAbort((arch, caps) -> new HandleGuestAbort(arch, caps) {
      @Override
      protected boolean refusesWrite(KvmHva hva, boolean writeFault) {
        // missing: the look at hva.writable()
        return false;
      }
    });
  }
}
