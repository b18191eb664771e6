package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.StageTwoFault;
import io.stalemate.linux.arm64.UserMemAbortV612;
import io.stalemate.linux.arm64.UserMemAbortV62;
import io.stalemate.linux.arm64.VmaFacts;
import java.util.List;

/** The fault asks the VMA whether it may have tags long after it let go of mmap_lock. */
final class MteVmaAfterUnlock implements Race {

  @Override
  public Card card() {
    return new Card("mte-vma-after-unlock",
        "the VMA's flags are read after mmap_lock was let go of",
        Kind.HISTORICAL,
        "in v6.2, fixed by 8c2e8ac8ad4b (v6.3): the VMA may be another by then, or freed memory",
        List.of("v6.2", "v6.12"),
        List.of("tags-fault-vs-remap"),
        "data-race");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withUserMemAbort((kvm, mmu) -> switch (kvm.era) {
      case V5_15, V6_2 -> new UserMemAbortV62(kvm, mmu) {
        @Override
        protected boolean mteAllowed(StageTwoFault fault, VmaFacts vma) {
          // missing: mmap_lock, under which the answer was there to be read
          return kvm.mm.vmaAt(fault.hva()).mteAllowed();
        }
      };
      case V6_8, V6_12 -> new UserMemAbortV612(kvm, mmu) {
        @Override
        protected boolean mteAllowed(StageTwoFault fault, VmaFacts vma) {
          // missing: mmap_lock, under which the answer was there to be read
          return kvm.mm.vmaAt(fault.hva()).mteAllowed();
        }
      };
    });
  }
}
