package io.stalemate.race;

import io.stalemate.linux.arm64.nvhe.HostMmu;
import io.stalemate.linux.arm64.nvhe.NvheText;
import java.util.List;

/** The host gives away memory that it carved out for others. */
final class PkvmNoMapPageDonated implements Race {

  @Override
  public Card card() {
    return new Card("pkvm-no-map-page-donated",
        "a page of a no-map region is given to the hypervisor",
        Kind.HISTORICAL,
        "fixed by 43c1ff8b7501 (v6.2): transitions asked whether a page is memory, which "
        + "carve-outs for firmware are too",
        List.of("v6.2", "v6.12"),
        List.of("pkvm-two-donations"),
        "conformance");
  }

  @Override
  public NvheText patch(NvheText text) {
    return text.withHostMmu((m, nvhe, memory, poolPages) -> new HostMmu(m, nvhe, memory, poolPages) {
      @Override
      protected boolean mayChangeHands(long addr) {
        // missing: MEMBLOCK_NOMAP
        return memory().addrIsMemory(addr);
      }
    });
  }
}
