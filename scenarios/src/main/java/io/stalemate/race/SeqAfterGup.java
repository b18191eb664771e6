package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.FaultinPage;
import io.stalemate.linux.arm64.StageTwoFault;
import io.stalemate.linux.arm64.UserMemAbortV515;
import io.stalemate.linux.arm64.UserMemAbortV612;
import io.stalemate.linux.arm64.UserMemAbortV62;
import io.stalemate.linux.arm64.VmaFacts;
import java.util.List;

/** The sequence is sampled once the page is known, so an invalidation during the lookup is not noticed. */
final class SeqAfterGup implements Race {

  @Override
  public Card card() {
    return new Card("seq-after-gup",
        "mmu_invalidate_seq is sampled after the pfn lookup",
        Kind.MUTATION,
        "the order of the invalidation contract, reversed: the sample has to come before anything "
        + "that can go stale",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("fault-vs-invalidate"),
        "stale-translation");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withUserMemAbort((kvm, mmu) -> switch (kvm.era) {
      case V5_15 -> new UserMemAbortV515(kvm, mmu) {
        @Override
        protected FaultinPage gup(StageTwoFault fault, VmaFacts vma) {
          // missing: the sample of before the lookup is thrown away
          return super.gup(fault, vma).withMmuSeq(sampleSeq(fault));
        }
      };
      case V6_2 -> new UserMemAbortV62(kvm, mmu) {
        @Override
        protected FaultinPage gup(StageTwoFault fault, VmaFacts vma) {
          // missing: the sample of before the lookup is thrown away
          return super.gup(fault, vma).withMmuSeq(sampleSeq(fault));
        }
      };
      case V6_8, V6_12 -> new UserMemAbortV612(kvm, mmu) {
        @Override
        protected FaultinPage gup(StageTwoFault fault, VmaFacts vma) {
          // missing: the sample of before the lookup is thrown away
          return super.gup(fault, vma).withMmuSeq(sampleSeq(fault));
        }
      };
    });
  }
}
