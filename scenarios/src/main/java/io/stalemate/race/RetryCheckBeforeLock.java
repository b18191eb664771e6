package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.FaultinPage;
import io.stalemate.linux.arm64.StageTwoFault;
import io.stalemate.linux.arm64.UserMemAbortV515;
import io.stalemate.linux.arm64.UserMemAbortV612;
import io.stalemate.linux.arm64.UserMemAbortV62;
import io.stalemate.linux.arm64.VmaFacts;
import java.util.List;

/** The fault handler asks whether to retry before it takes mmu_lock, and not again under it. */
final class RetryCheckBeforeLock implements Race {

  @Override
  public Card card() {
    return new Card("retry-check-before-lock",
        "the retry check is made before mmu_lock is taken, and not again under it",
        Kind.MUTATION,
        "the check without the lock is good only as a first guess "
        + "(mmu_invalidate_retry_gfn_unsafe, d02c357e5bfa); here nothing follows it",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("fault-vs-invalidate", "fault-vs-migration"),
        "stale-translation");
  }

  // In place of a sample, which is never negative: the early check failed.
  private static final long STALE = -1;

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withUserMemAbort((kvm, mmu) -> switch (kvm.era) {
      case V5_15 -> new UserMemAbortV515(kvm, mmu) {
        @Override
        protected FaultinPage gup(StageTwoFault fault, VmaFacts vma) {
          FaultinPage page = super.gup(fault, vma);
          boolean stale = kvm.mmuInvalidateInProgress.readOnce() != 0
              || kvm.mmuInvalidateSeq.readOnce() != page.mmuSeq();
          return stale ? page.withMmuSeq(STALE) : page;
        }

        @Override
        protected boolean recheck(StageTwoFault fault, FaultinPage page) {
          // missing: mmu_invalidate_retry(), now that no invalidation can begin or end
          return page.mmuSeq() == STALE;
        }
      };
      case V6_2 -> new UserMemAbortV62(kvm, mmu) {
        @Override
        protected FaultinPage gup(StageTwoFault fault, VmaFacts vma) {
          FaultinPage page = super.gup(fault, vma);
          boolean stale = kvm.mmuInvalidateInProgress.readOnce() != 0
              || kvm.mmuInvalidateSeq.readOnce() != page.mmuSeq();
          return stale ? page.withMmuSeq(STALE) : page;
        }

        @Override
        protected boolean recheck(StageTwoFault fault, FaultinPage page) {
          // missing: mmu_invalidate_retry(), now that no invalidation can begin or end
          return page.mmuSeq() == STALE;
        }
      };
      case V6_8, V6_12 -> new UserMemAbortV612(kvm, mmu) {
        @Override
        protected FaultinPage gup(StageTwoFault fault, VmaFacts vma) {
          FaultinPage page = super.gup(fault, vma);
          boolean stale = kvm.mmuInvalidateInProgress.readOnce() != 0
              || kvm.mmuInvalidateSeq.readOnce() != page.mmuSeq();
          return stale ? page.withMmuSeq(STALE) : page;
        }

        @Override
        protected boolean recheck(StageTwoFault fault, FaultinPage page) {
          // missing: mmu_invalidate_retry(), now that no invalidation can begin or end
          return page.mmuSeq() == STALE;
        }
      };
    });
  }
}
