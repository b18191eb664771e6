package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.StageTwoFault;
import io.stalemate.linux.arm64.UserMemAbortV515;
import io.stalemate.linux.arm64.UserMemAbortV612;
import io.stalemate.linux.arm64.UserMemAbortV62;
import io.stalemate.linux.arm64.VmaFacts;
import java.util.List;

/** What the VMA says is read, mmap_lock let go of, and only then the sequence sampled. */
final class VmaBeforeSeq implements Race {

  @Override
  public Card card() {
    return new Card("vma-before-seq",
        "the mapping size is read from the VMA before mmu_invalidate_seq is sampled",
        Kind.HISTORICAL,
        "in arm64 from the first port to v6.2, fixed by 13ec9308a857 (v6.3): a remap between the "
        + "two goes unnoticed and a block of the old size is installed",
        List.of("v6.2", "v5.15", "v6.12"),
        List.of("fault-vs-remap"),
        "stale-translation");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withUserMemAbort((kvm, mmu) -> switch (kvm.era) {
      case V5_15 -> new UserMemAbortV515(kvm, mmu) {
        @Override
        protected int topupMemcache(StageTwoFault fault) {
          // It came after the VMA then; see below.
          return 0;
        }

        @Override
        protected VmaFacts vmaFacts(StageTwoFault fault) {
          VmaFacts vma = super.vmaFacts(fault);
          // missing: mmap_lock, under which the sample belongs; elided: -ENOMEM from the cache
          super.topupMemcache(fault);
          return vma.withMmuSeq(sampleSeq(fault));
        }
      };
      case V6_2 -> new UserMemAbortV62(kvm, mmu) {
        @Override
        protected int topupMemcache(StageTwoFault fault) {
          // It came after the VMA then; see below.
          return 0;
        }

        @Override
        protected VmaFacts vmaFacts(StageTwoFault fault) {
          VmaFacts vma = super.vmaFacts(fault);
          // missing: mmap_lock, under which the sample belongs; elided: -ENOMEM from the cache
          super.topupMemcache(fault);
          return vma.withMmuSeq(sampleSeq(fault));
        }
      };
      case V6_8, V6_12 -> new UserMemAbortV612(kvm, mmu) {
        @Override
        protected int topupMemcache(StageTwoFault fault) {
          // It came after the VMA then; see below.
          return 0;
        }

        @Override
        protected VmaFacts vmaFacts(StageTwoFault fault) {
          VmaFacts vma = super.vmaFacts(fault);
          // missing: mmap_lock, under which the sample belongs; elided: -ENOMEM from the cache
          super.topupMemcache(fault);
          return vma.withMmuSeq(sampleSeq(fault));
        }
      };
    });
  }
}
