package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Mmu;
import io.stalemate.linux.arm64.Arm64Text;
import java.util.List;

/** The notifier's unmap takes mmu_lock, which its caller holds. */
final class MmuLockRecursion implements Race {

  @Override
  public Card card() {
    return new Card("mmu-lock-recursion",
        "a notifier takes mmu_lock twice",
        Kind.MUTATION,
        "the contract of kvm_unmap_gfn_range(), broken: it is called with mmu_lock held for "
        + "writing and takes it again",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("fault-vs-invalidate"),
        "progress");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withArm64Mmu((kvm, mmu, userMemAbort) -> new Arm64Mmu(kvm, mmu, userMemAbort) {
      @Override
      public boolean unmapGfnRange(long gfnStart, long gfnEnd, boolean mayBlock) {
        // missing: the caller's mmu_lock is enough
        kvm.mmuLock.writeLock();
        boolean flush = super.unmapGfnRange(gfnStart, gfnEnd, mayBlock);
        kvm.mmuLock.writeUnlock();
        return flush;
      }
    });
  }
}
