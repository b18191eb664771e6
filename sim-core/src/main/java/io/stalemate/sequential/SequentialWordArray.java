package io.stalemate.sequential;

import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;
import java.util.Arrays;

/** A row of words over one {@code long[]}; the views of its words are made with it. */
final class SequentialWordArray implements WordArray {

  private final long[] memory;
  private final SequentialWord[] words;

  /** {@code length} words that hold {@code initial}. */
  SequentialWordArray(int length, long initial) {
    memory = new long[length];
    words = new SequentialWord[length];
    Arrays.setAll(words, index -> new SequentialWord(memory, index));
    fill(initial);
  }

  void fill(long value) {
    Arrays.fill(memory, value);
  }

  @Override
  public int length() {
    return memory.length;
  }

  @Override
  public Word at(int index) {
    return words[index];
  }
}
