package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.MmioGuardLasting;
import java.util.List;

/** The guest after a reset inherits the devices of the one before. */
final class MmioGuardResetKeepsNotes implements Race {

  @Override
  public Card card() {
    return new Card("mmio-guard-reset-keeps-notes",
        "a reset ends the enrolment but not the notes, which are in force again at the next one",
        Kind.REVIEW,
        "\"KVM: arm64: Force a full unmap on vpcu reinit\" (v2 06/16, October 2021) relies on stage2_unmap_vm(), which "
            + "unmaps memslots, and no note lies in one; put into the guard that promises more than the series",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("mmio-guard-lasting-reset"),
        "conformance");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withMmioGuard((kvm, mmu) -> new MmioGuardLasting(kvm, mmu) {
      @Override
      protected void forgetNotes() {
        // missing: what lies outside memslots
      }
    });
  }
}
