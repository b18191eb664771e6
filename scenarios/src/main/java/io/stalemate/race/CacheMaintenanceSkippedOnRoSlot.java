package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.HandleGuestAbort;
import io.stalemate.linux.kvm.KvmHva;
import java.util.List;

/** Cache maintenance that a read-only slot refuses is skipped like that of a hole. */
final class CacheMaintenanceSkippedOnRoSlot implements Race {

  @Override
  public Card card() {
    return new Card("cache-maintenance-skipped-on-ro-slot",
        "cache maintenance of a read-only slot is skipped, as if no memory were there",
        Kind.MUTATION,
        "kvm_is_error_hva() removed from the test for cache maintenance in kvm_handle_guest_abort(): what is skipped "
        + "there is known to be outside of any slot",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("dc-on-ro-slot"),
        "conformance");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withHandleGuestAbort((arch, caps) -> new HandleGuestAbort(arch, caps) {
      @Override
      protected boolean skipsCacheMaintenance(KvmHva hva) {
        // missing: hva.isError()
        return true;
      }
    });
  }
}
