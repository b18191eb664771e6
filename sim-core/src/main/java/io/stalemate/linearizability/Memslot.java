package io.stalemate.linearizability;

/** A memslot: {@code hva} is the page behind the first gfn; {@code retired} if it is on its way out. */
public record Memslot(int id, long gfn, long pages, long hva, long flags, boolean retired) {

  static final long READONLY = 1 << 1;

  boolean contains(long page) {
    return page >= gfn && page < gfn + pages;
  }

  boolean overlaps(long start, long length) {
    return gfn < start + length && start < gfn + pages;
  }

  /** Whether an access may find the slot useful. */
  boolean serves(boolean write) {
    return !write || (flags & READONLY) == 0;
  }
}
