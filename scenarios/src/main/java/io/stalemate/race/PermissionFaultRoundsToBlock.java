package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.FaultinPage;
import io.stalemate.linux.arm64.StageTwoFault;
import io.stalemate.linux.arm64.UserMemAbortV612;
import io.stalemate.linux.arm64.UserMemAbortV62;
import java.util.List;

/** A permission fault on a block changes the permissions of whatever is mapped at the block's start. */
final class PermissionFaultRoundsToBlock implements Race {

  @Override
  public Card card() {
    return new Card("permission-fault-rounds-to-block",
        "a permission fault on a block relaxes the block's first page, though pages stand there now",
        Kind.MUTATION,
        "user_mem_abort() keeps the fault's granule as the size alone; rounding address and frame to it as well, as a "
        + "new block needs, grants what another page may not have",
        List.of("v6.12", "v6.2"),
        List.of("fetch-vs-remap"),
        "stale-translation");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withUserMemAbort((kvm, mmu) -> switch (kvm.era) {
      case V5_15, V6_2 -> new UserMemAbortV62(kvm, mmu) {
        @Override
        protected FaultinPage mappingOf(StageTwoFault fault, FaultinPage page, int shift) {
          return page.asBlock(shift);
        }
      };
      case V6_8, V6_12 -> new UserMemAbortV612(kvm, mmu) {
        @Override
        protected FaultinPage mappingOf(StageTwoFault fault, FaultinPage page, int shift) {
          return page.asBlock(shift);
        }
      };
    });
  }
}
