package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.FaultinPage;
import io.stalemate.linux.arm64.StageTwoFault;
import io.stalemate.linux.arm64.UserMemAbortV612;
import java.util.List;

/** The fault fills its cache of table pages while it holds mmu_lock. */
final class TopupUnderMmuLock implements Race {

  @Override
  public Card card() {
    return new Card("topup-under-mmu-lock",
        "table pages are allocated with GFP_KERNEL under mmu_lock",
        Kind.MUTATION,
        "the reason for the memory cache, forgotten: under a spinning lock nobody may sleep",
        List.of("v6.12"),
        List.of("two-vcpus-one-page", "fault-vs-invalidate"),
        "lockdep");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withUserMemAbort((kvm, mmu) -> new UserMemAbortV612(kvm, mmu) {
      @Override
      protected int topupMemcache(StageTwoFault fault) {
        // missing: the allocation belongs here, before any lock
        return 0;
      }

      @Override
      protected int install(StageTwoFault fault, FaultinPage page, int flags) {
        int ret = super.topupMemcache(fault);
        return ret != 0 ? ret : super.install(fault, page, flags);
      }
    });
  }
}
