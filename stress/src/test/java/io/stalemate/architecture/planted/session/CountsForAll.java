package io.stalemate.architecture.planted.session;

/** Shares a counter between workers. */
public final class CountsForAll {
  private static int count;

  /** Yields a number that depends on other workers. */
  public int next() {
    return ++count;
  }
}
