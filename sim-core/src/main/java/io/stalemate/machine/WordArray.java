package io.stalemate.machine;

/** A row of shared words under one name, for example the entries of a page-table page. */
public interface WordArray {

  /** Number of words. */
  int length();

  /** Yields the word at {@code index}, the same object each time: what a pointer to an element is in the kernel. */
  Word at(int index);
}
