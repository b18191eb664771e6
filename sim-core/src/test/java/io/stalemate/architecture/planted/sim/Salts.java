package io.stalemate.architecture.planted.sim;

import java.util.Set;

/** Iterates a set with a salted order. */
public final class Salts {
  /** Yields another letter in each process. */
  public String first() {
    return Set.of("a", "b", "c").iterator().next();
  }
}
