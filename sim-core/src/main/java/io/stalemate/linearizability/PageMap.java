package io.stalemate.linearizability;

import java.util.Optional;

/** What page tables mean: an entry for each page, at first empty. The sequential form of the stage-2 walkers. */
public final class PageMap implements Specification<PageEntry, PageMapOperation> {

  @Override
  public PageEntry initial() {
    return PageEntry.EMPTY;
  }

  @Override
  public Optional<PageEntry> after(PageEntry state, PageMapOperation operation) {
    return switch (operation) {
      case PageMapOperation.Map(long page, long frame, boolean writable, boolean changed) -> {
        boolean there = state instanceof PageEntry.Leaf(long mapped, boolean permits) && mapped == frame;
        yield there == changed ? Optional.empty()
            : Optional.of(changed ? new PageEntry.Leaf(frame, writable) : state);
      }
      case PageMapOperation.Unmap u -> Optional.of(PageEntry.EMPTY);
      case PageMapOperation.Annotate(long page, long owner) -> Optional.of(new PageEntry.Owned(owner));
      case PageMapOperation.GetLeaf(long page, PageEntry seen) -> onlyIf(seen.equals(state), state);
      case PageMapOperation.Set(long page, PageEntry entry) -> Optional.of(entry);
      case PageMapOperation.Translate(long page, long frame, boolean write) -> onlyIf(
          state instanceof PageEntry.Leaf(long mapped, boolean writable) && mapped == frame && (writable || !write),
          state);
    };
  }

  private static Optional<PageEntry> onlyIf(boolean legal, PageEntry state) {
    return legal ? Optional.of(state) : Optional.empty();
  }

  @Override
  public boolean observes(PageMapOperation operation) {
    return switch (operation) {
      case PageMapOperation.Map map -> !map.changed();
      case PageMapOperation.GetLeaf g -> true;
      case PageMapOperation.Translate t -> true;
      case PageMapOperation.Unmap u -> false;
      case PageMapOperation.Annotate a -> false;
      case PageMapOperation.Set s -> false;
    };
  }

  @Override
  public long key(PageMapOperation operation) {
    return operation.page();
  }

  @Override
  public String text(PageMapOperation operation) {
    return switch (operation) {
      case PageMapOperation.Map(long page, long frame, boolean writable, boolean changed) ->
          "map " + new PageEntry.Leaf(frame, writable) + (changed ? "" : ": it was");
      case PageMapOperation.Unmap u -> "unmap";
      case PageMapOperation.Annotate(long page, long owner) -> "annotate " + new PageEntry.Owned(owner);
      case PageMapOperation.GetLeaf(long page, PageEntry seen) -> "get_leaf: " + seen;
      case PageMapOperation.Set(long page, PageEntry entry) -> "set " + entry;
      case PageMapOperation.Translate(long page, long frame, boolean write) ->
          (write ? "write to 0x" : "read from 0x") + Long.toHexString(frame);
    };
  }
}
