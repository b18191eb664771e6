package io.stalemate.architecture.planted.sim;

/** Shares a counter between worlds. */
public final class CountsForAll {
  private static int count;

  /** Yields a number that depends on other worlds. */
  public int next() {
    return ++count;
  }
}
