package io.stalemate.race;

import io.stalemate.linux.arm64.nvhe.HostMmu;
import io.stalemate.linux.arm64.nvhe.NvheText;
import java.util.List;

/** A host fault maps whatever has no valid entry. */
final class PkvmFaultIgnoresOwner implements Race {

  @Override
  public Card card() {
    return new Card("pkvm-fault-ignores-owner",
        "a host fault maps a page that the entry says is another's",
        Kind.MUTATION,
        "the test of host_stage2_adjust_range() for invalid entries that are not empty, removed",
        List.of("v6.12", "v6.2"),
        List.of("pkvm-access-vs-donation", "pkvm-pool-recycling"),
        "page-ownership");
  }

  @Override
  public NvheText patch(NvheText text) {
    return text.withHostMmu((m, nvhe, memory, poolPages) -> new HostMmu(m, nvhe, memory, poolPages) {
      @Override
      protected boolean otherOwnerFound() {
        // missing: -EPERM
        return false;
      }
    });
  }
}
