package io.stalemate.scenario;

import java.util.Optional;
import java.util.Set;

/**
 * A memslot: {@code pages} guest frames from {@code gfn}, backed by the host's pages from {@code hva}.
 *
 * @param flags iterates in the order of declaration
 * @param gmem the page of a guest_memfd behind {@code gfn}, while it is private; empty if the memslot has none
 */
public record Memslot(int id, long gfn, long pages, long hva, Set<SlotFlag> flags, Optional<GmemPage> gmem) {

  /** A memslot without private memory. */
  public Memslot(int id, long gfn, long pages, long hva, Set<SlotFlag> flags) {
    this(id, gfn, pages, hva, flags, Optional.empty());
  }

  public Memslot {
    Limits.check("id", id, 0, Limits.MEMSLOTS - 1);
    Limits.check("gfn", gfn, 0, Limits.GFNS - 1);
    Limits.check("pages", pages, 1, Limits.GFNS - gfn);
    Limits.check("hva", hva, 0, Limits.HVA_PAGES - pages);
    flags = SlotFlag.ordered(flags);
  }

  /** The same at {@code newGfn}. */
  public Memslot movedTo(long newGfn) {
    return new Memslot(id, newGfn, pages, hva, flags, gmem);
  }

  /** The same with other flags. */
  public Memslot withFlags(Set<SlotFlag> newFlags) {
    return new Memslot(id, gfn, pages, hva, newFlags, gmem);
  }

  /** The gfn after its last. */
  public long gfnEnd() {
    return gfn + pages;
  }
}
