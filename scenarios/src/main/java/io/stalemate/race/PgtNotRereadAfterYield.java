package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Mmu;
import io.stalemate.linux.arm64.Arm64Text;
import java.util.List;

/** The unmap of a large range goes on in a table that was freed while it had let go of mmu_lock. */
final class PgtNotRereadAfterYield implements Race {

  @Override
  public Card card() {
    return new Card("pgt-not-reread-after-yield",
        "stage2_apply_range() does not look at mmu->pgt again after it let go of mmu_lock",
        Kind.HISTORICAL,
        "arm and arm64 before the fixes of v4.12 and v4.13 (2952a6070e07 among them) that read the table's pointer "
        + "again for each chunk; put into the text of today",
        List.of("v6.12", "v6.2"),
        List.of("mm-exit-vs-notifier"),
        "accounting");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withArm64Mmu((kvm, mmu, userMemAbort) -> new Arm64Mmu(kvm, mmu, userMemAbort) {
      @Override
      protected boolean rereadPgt(boolean first) {
        // missing: the look at the pointer in all chunks but the first
        return !first || super.rereadPgt(true);
      }
    });
  }
}
