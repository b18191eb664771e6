package io.stalemate.architecture.planted.sim;

/** Depends on the user\x27s language. */
public final class UsesTheLocale {
  /** Yields another word in Turkish. */
  public String lower(String word) {
    return word.toLowerCase();
  }
}
