package io.stalemate.scenario;

import java.util.Set;

/**
 * A memslot: {@code pages} guest frames from {@code gfn}, backed by the host's pages from {@code hva}.
 *
 * @param flags iterates in the order of declaration
 */
public record Memslot(int id, long gfn, long pages, long hva, Set<SlotFlag> flags) {
  public Memslot {
    Limits.check("id", id, 0, Limits.MEMSLOTS - 1);
    Limits.check("gfn", gfn, 0, Limits.GFNS - 1);
    Limits.check("pages", pages, 1, Limits.GFNS - gfn);
    Limits.check("hva", hva, 0, Limits.HVA_PAGES - pages);
    flags = SlotFlag.ordered(flags);
  }

  /** The gfn after its last. */
  public long gfnEnd() {
    return gfn + pages;
  }
}
