package io.stalemate.linearizability;

/** What a page table holds for a page. */
public sealed interface PageEntry {

  /** Nothing. */
  PageEntry EMPTY = new Empty();

  /** Nothing is mapped and nothing noted. */
  record Empty() implements PageEntry {
    @Override
    public String toString() {
      return "empty";
    }
  }

  /** Mapped to a frame. */
  record Leaf(long frame, boolean writable) implements PageEntry {
    @Override
    public String toString() {
      return "0x" + Long.toHexString(frame) + (writable ? " rw" : " ro");
    }
  }

  /** Not mapped, with the note that it is {@code owner}'s. */
  record Owned(long owner) implements PageEntry {
    @Override
    public String toString() {
      return "owner " + owner;
    }
  }
}
