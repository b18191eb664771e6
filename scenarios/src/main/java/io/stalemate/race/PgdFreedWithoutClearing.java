package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Mmu;
import io.stalemate.linux.arm64.Arm64Text;
import java.util.List;

/** The stage-2 table of a process that ends is freed while mmu->pgt still leads to it. */
final class PgdFreedWithoutClearing implements Race {

  @Override
  public Card card() {
    return new Card("pgd-freed-without-clearing",
        "kvm_free_stage2_pgd() frees the table before it clears mmu->pgt",
        Kind.HISTORICAL,
        "arm and arm64 before 6c0d706b563a (v4.13): the pointer was reset only after the table was gone; put into the "
        + "text of today",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("mm-exit-vs-notifier"),
        "accounting");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withArm64Mmu((kvm, mmu, userMemAbort) -> new Arm64Mmu(kvm, mmu, userMemAbort) {
      @Override
      protected void kvmFreeStage2Pgd() {
        this.kvm.mmuLock.writeLock();
        boolean set = this.mmu.pgtIsSet();
        this.kvm.mmuLock.writeUnlock();
        if (set) {
          // missing: mmu->pgt = NULL in the section above
          this.mmu.pgtable().stage2Destroy();
          this.kvm.mmuLock.writeLock();
          clearPgt();
          this.kvm.mmuLock.writeUnlock();
        }
      }
    });
  }
}
