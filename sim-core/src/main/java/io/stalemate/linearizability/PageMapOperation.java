package io.stalemate.linearizability;

/** What is done to a {@link PageMap}, a page at a time: an operation on a range is one on each of its pages. */
public sealed interface PageMapOperation {

  /** Which page. */
  long page();

  /**
   * {@code stage2_map}: maps {@code frame}.
   *
   * @param changed false if it answered that somebody had mapped the frame already ({@code -EAGAIN})
   */
  record Map(long page, long frame, boolean writable, boolean changed) implements PageMapOperation {}

  /** {@code stage2_unmap}: the entry is empty from then on. */
  record Unmap(long page) implements PageMapOperation {}

  /** {@code stage2_set_owner}: whatever was there, the page is not mapped and is {@code owner}'s. */
  record Annotate(long page, long owner) implements PageMapOperation {}

  /** {@code get_leaf}: finds {@code seen}. */
  record GetLeaf(long page, PageEntry seen) implements PageMapOperation {}

  /** The entry becomes {@code entry}, whatever was there. */
  record Set(long page, PageEntry entry) implements PageMapOperation {}

  /** An access of the hardware's goes through a leaf for {@code frame} that permits it. */
  record Translate(long page, long frame, boolean write) implements PageMapOperation {}
}
