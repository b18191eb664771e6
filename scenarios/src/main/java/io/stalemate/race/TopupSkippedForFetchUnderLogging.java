package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.StageTwoFault;
import io.stalemate.linux.arm64.UserMemAbortV515;
import io.stalemate.linux.arm64.UserMemAbortV612;
import io.stalemate.linux.arm64.UserMemAbortV62;
import java.util.List;

/** A permission fault gets table pages only if it is a write under logging; a fetch may need them too. */
final class TopupSkippedForFetchUnderLogging implements Race {

  @Override
  public Card card() {
    return new Card("topup-skipped-for-fetch-under-logging",
        "a fetch that faults on a logged block splits it with an empty cache of table pages",
        Kind.HISTORICAL,
        "the condition of the top-up in user_mem_abort(), v5.15 to v6.12 as released: permission faults are left out "
        + "except for writes under logging; found by this simulator",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("fetch-under-logging"),
        "kernel-warning");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withUserMemAbort((kvm, mmu) -> switch (kvm.era) {
      case V5_15 -> new UserMemAbortV515(kvm, mmu) {
        @Override
        protected int topupMemcache(StageTwoFault fault) {
          return needsTopup(fault) ? super.topupMemcache(fault) : 0;
        }
      };
      case V6_2 -> new UserMemAbortV62(kvm, mmu) {
        @Override
        protected int topupMemcache(StageTwoFault fault) {
          return needsTopup(fault) ? super.topupMemcache(fault) : 0;
        }
      };
      case V6_8, V6_12 -> new UserMemAbortV612(kvm, mmu) {
        @Override
        protected int topupMemcache(StageTwoFault fault) {
          return needsTopup(fault) ? super.topupMemcache(fault) : 0;
        }
      };
    });
  }

  private static boolean needsTopup(StageTwoFault fault) {
    // missing: a fetch under logging, which maps a page where a block is
    return !fault.permissionFault() || (fault.loggingActive() && fault.writeFault());
  }
}
