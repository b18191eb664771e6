package io.stalemate.race;

import io.stalemate.linux.arm64.nvhe.HostMmu;
import io.stalemate.linux.arm64.nvhe.NvheText;
import java.util.List;

/** Recycling takes the notes of ownership along. */
final class PkvmRecyclingForgetsOwners implements Race {

  @Override
  public Card card() {
    return new Card("pkvm-recycling-forgets-owners",
        "the tables of memory are recycled too, and with them who owns its pages",
        Kind.MUTATION,
        "host_stage2_unmap_dev_all() made to unmap all there is: unmap drops notes of ownership "
        + "like any other entry",
        List.of("v6.12", "v6.2"),
        List.of("pkvm-pool-recycling"),
        "page-ownership");
  }

  @Override
  public NvheText patch(NvheText text) {
    return text.withHostMmu((m, nvhe, memory, poolPages) -> new HostMmu(m, nvhe, memory, poolPages) {
      @Override
      protected int hostStage2UnmapDevAll() {
        // missing: what is memory stays
        return pgtable().stage2Unmap(0, 1L << pgtable().geometry().ipaBits());
      }
    });
  }
}
