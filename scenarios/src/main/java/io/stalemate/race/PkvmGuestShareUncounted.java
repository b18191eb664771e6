package io.stalemate.race;

import io.stalemate.linux.arm64.nvhe.MemProtectV612;
import io.stalemate.linux.arm64.nvhe.NvheText;
import java.util.List;

/** One gfn taken back makes the page the host's, though the guest has it at another. */
final class PkvmGuestShareUncounted implements Race {

  @Override
  public Card card() {
    return new Card("pkvm-guest-share-uncounted",
        "a page that a guest still has at another gfn counts as the host's alone",
        Kind.MUTATION,
        "host_share_guest_count (v6.14) ignored by __pkvm_host_unshare_guest()",
        List.of("v6.12"),
        List.of("pkvm-guest-two-gfns"),
        "page-ownership");
  }

  @Override
  public NvheText patch(NvheText text) {
    return text.withMemProtect((m, host, hyp, vm) -> new MemProtectV612(m, host, hyp, vm) {
      @Override
      protected boolean lastGuestShare(long pfn) {
        // missing: the other gfns
        return true;
      }
    });
  }
}
