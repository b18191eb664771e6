package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Mmu;
import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.kvm.KvmMemorySlot;
import java.util.List;

/** A deleted memslot's translations are removed without mmu_lock. */
final class FlushSlotWithoutMmuLock implements Race {

  @Override
  public Card card() {
    return new Card("flush-slot-without-mmu-lock",
        "the stage-2 table is walked for a deleted memslot without mmu_lock",
        Kind.MUTATION,
        "the contract of __unmap_stage2_range(), broken: mmu_lock is held for writing",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("fault-vs-slot-delete"),
        "lockdep");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withArm64Mmu((kvm, mmu, userMemAbort) -> new Arm64Mmu(kvm, mmu, userMemAbort) {
      @Override
      public void flushShadowMemslot(KvmMemorySlot slot) {
        // missing: mmu_lock
        unmapStage2Range(slot.baseGfn(), slot.gfnEnd(), true);
      }
    });
  }
}
