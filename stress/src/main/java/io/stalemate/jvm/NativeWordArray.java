package io.stalemate.jvm;

import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;

/** A row of words. */
final class NativeWordArray implements WordArray {

  private final NativeWord[] words;

  NativeWordArray(int length, long initial) {
    words = new NativeWord[length];
    for (int i = 0; i < length; i++) {
      words[i] = new NativeWord(initial);
    }
  }

  @Override
  public int length() {
    return words.length;
  }

  @Override
  public Word at(int index) {
    return words[index];
  }
}
