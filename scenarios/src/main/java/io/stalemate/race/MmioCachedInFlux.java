package io.stalemate.race;

import io.stalemate.linux.x86.MmioSptes;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** A vCPU notes that a gfn is MMIO though the memslots it asked may not be the ones whose generation it notes. */
final class MmioCachedInFlux implements Race {

  @Override
  public Card card() {
    return new Card("mmio-cached-in-flux",
        "a vCPU notes MMIO as of a memslot generation that is in flux",
        Kind.HISTORICAL,
        "up to v5.0, fixed by ddfd1730fd82 (v5.1)",
        List.of("v6.12", "v6.8"),
        List.of("mmio-vs-slot-create", "slot-move-vs-mmio-cache"),
        "conformance");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(MmioSptes.class, mmu -> new MmioSptes(mmu) {
      @Override
      protected boolean mayNote(long generation) {
        // missing: not while readers of the set before may be about
        return true;
      }
    });
  }
}
