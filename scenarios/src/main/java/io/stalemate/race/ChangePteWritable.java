package io.stalemate.race;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.arm64.Arm64Mmu;
import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.PgtableProt;
import java.util.List;

/** The notifier maps a page writable that KSM made read-only, to compare it and perhaps share it. */
final class ChangePteWritable implements Race {

  @Override
  public Card card() {
    return new Card("change-pte-writable",
        "change_pte installs the page that KSM write-protected writable",
        Kind.MUTATION,
        "the contract of change_pte (removed in v6.10 by f7842747d13d): the new translation is "
        + "read-only",
        List.of("v6.2", "v5.15"),
        List.of("fault-vs-ksm"),
        "stale-translation");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withArm64Mmu((kvm, mmu, userMemAbort) -> new Arm64Mmu(kvm, mmu, userMemAbort) {
      @Override
      public boolean setSpteGfn(long gfn, long pfn) {
        if (mmu.pgtIsSet()) {
          long ipa = gfn << StageTwoGeometry.PAGE_SHIFT;
          long phys = pfn << StageTwoGeometry.PAGE_SHIFT;
          // missing: no W; the host relies on the page not changing
          mmu.pgtable().stage2Map(
              ipa, StageTwoGeometry.PAGE_SIZE, phys, PgtableProt.R | PgtableProt.W, null, 0);
        }
        return false;
      }
    });
  }
}
