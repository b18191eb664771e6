package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.MmioGuard;
import java.util.List;

/** UNMAP looks at the entry, and empties it later, whatever it has become. */
final class MmioGuardCheckWithoutLock implements Race {

  @Override
  public Card card() {
    return new Card("mmio-guard-check-without-lock",
        "UNMAP lets go of mmu_lock between its look at the note and the unmap",
        Kind.MUTATION,
        "the rule of \"KVM: arm64: Add MMIO checking infrastructure\" (v2 04/16, October 2021), broken: the table "
            + "stays locked across the two walks",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("mmio-guard-vs-slot-create"),
        "conformance");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withMmioGuard((kvm, mmu) -> new MmioGuard(kvm, mmu) {
      @Override
      protected boolean dropNote(long ipa) {
        boolean ret = hasNote(ipa);
        // missing: one hold of mmu_lock
        if (ret) {
          this.kvm.mmuLock.writeLock();
          unmapNote(ipa);
          this.kvm.mmuLock.writeUnlock();
        }
        return ret;
      }
    });
  }
}
