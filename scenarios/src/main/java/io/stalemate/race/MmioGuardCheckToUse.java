package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.MmioGuardLasting;
import java.util.List;

/** An access that was checked leaves to the VMM after its page was taken back. */
final class MmioGuardCheckToUse implements Race {

  @Override
  public Card card() {
    return new Card("mmio-guard-check-to-use",
        "UNMAP returns while an access that passed its check is on its way to the VMM",
        Kind.REVIEW,
        "v2 04/16 (October 2021): kvm_check_ioguard_page() lets go of mmu_lock before the exit is decided and nothing "
            + "makes UNMAP wait; put into the guard that promises more than the series",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("mmio-guard-lasting-unmap"),
        "conformance");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withMmioGuard((kvm, mmu) -> new MmioGuardLasting(kvm, mmu) {
      @Override
      protected void finishExits() {
        // missing: the wait for faults that saw the note
      }
    });
  }
}
