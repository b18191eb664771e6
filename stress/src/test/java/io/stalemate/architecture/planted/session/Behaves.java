package io.stalemate.architecture.planted.session;

/** Breaks no rule. */
public final class Behaves {
  private final int runs;

  /** Keeps {@code runs}. */
  public Behaves(int runs) {
    this.runs = runs;
  }

  /** Yields it. */
  public int runs() {
    return runs;
  }
}
