package io.stalemate.scenario;

import java.util.Arrays;
import java.util.List;

/** A constant with the word that scenario files use for it. */
public interface Worded {

  /** The word, lower case with hyphens. */
  String word();

  /** Yields the words of {@code constants}, in order. */
  static List<String> words(Worded... constants) {
    return Arrays.stream(constants).map(Worded::word).toList();
  }
}
