package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.MmioGuard;
import java.util.List;

/** A memslot that comes and goes takes the guest's device along. */
final class MmioGuardNoteLost implements Race {

  @Override
  public Card card() {
    return new Card("mmio-guard-note-lost",
        "notes lie in stage-2 entries, which mapping and unmapping a memslot erases",
        Kind.REVIEW,
        "v2 04/16 (October 2021): the note is the entry's value, and kvm_pgtable_stage2_unmap() clears every counted "
            + "entry; put where the guest was promised that a page stays a device until UNMAP",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("mmio-guard-lasting-slot"),
        "conformance");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withMmioGuard((kvm, mmu) -> new MmioGuard(kvm, mmu) {
      @Override
      protected boolean lasting() {
        // missing: a store for the notes that no unmap touches
        return true;
      }

      @Override
      protected boolean tellsErrors() {
        return true;
      }
    });
  }
}
