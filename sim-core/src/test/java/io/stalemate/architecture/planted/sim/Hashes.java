package io.stalemate.architecture.planted.sim;

import java.util.HashSet;
import java.util.List;

/** Iterates a hashed set. */
public final class Hashes {
  /** Yields the first in an order that is the JVM's. */
  public String first(List<String> names) {
    return new HashSet<>(names).iterator().next();
  }
}
