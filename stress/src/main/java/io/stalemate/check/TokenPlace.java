package io.stalemate.check;

/**
 * Where a token is pinned.
 *
 * @param file of tokens, as it was named, made printable
 * @param line in it, from 1
 * @param isBuiltIn whether the file is one that comes with the program
 */
public record TokenPlace(String file, int line, boolean isBuiltIn) {

  /** Yields {@code regressions/mine.tokens:3}, or {@code built-in known-races.tokens:3}. */
  public String text() {
    return (isBuiltIn ? "built-in " : "") + file + ":" + line;
  }
}
