package io.stalemate.architecture.planted.sim;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Breaks no rule. */
public final class Behaves {
  private final Map<String, Integer> numbers = new TreeMap<>();

  /** Yields the number of {@code name}, in order of first use. */
  public int number(String name) {
    return numbers.computeIfAbsent(name.toLowerCase(Locale.ROOT), unused -> numbers.size());
  }
}
