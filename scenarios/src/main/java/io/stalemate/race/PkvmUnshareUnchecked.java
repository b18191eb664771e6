package io.stalemate.race;

import io.stalemate.linux.arm64.nvhe.MemProtectV612;
import io.stalemate.linux.arm64.nvhe.NvheText;
import io.stalemate.linux.arm64.nvhe.PkvmMemTransition;
import java.util.List;

/** The host takes a page back from a borrower that has it not. */
final class PkvmUnshareUnchecked implements Race {

  @Override
  public Card card() {
    return new Card("pkvm-unshare-unchecked",
        "a page lent to the secure world is taken back from the hypervisor",
        Kind.HISTORICAL,
        "fixed by ae8bd85ca8ac: hyp_ack_unshare() looked at the hypervisor's state in debug "
        + "builds only",
        List.of("v6.12"),
        List.of("pkvm-ffa-vs-hyp"),
        "conformance");
  }

  @Override
  public NvheText patch(NvheText text) {
    return text.withMemProtect((m, host, hyp, vm) -> new MemProtectV612(m, host, hyp, vm) {
      @Override
      protected int hypAckUnshareState(PkvmMemTransition tx) {
        // missing: the check that the hypervisor borrows the pages
        return 0;
      }
    });
  }
}
