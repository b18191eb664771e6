package io.stalemate.session;

/** The five words that a run, a check or a command can end with, mildest first. */
public enum Verdict {
  /** All that was promised was done, and nothing was found. */
  PASS(0),
  /** Less was done, or seen, than was promised. */
  INCONCLUSIVE(5),
  /** An oracle fired, a forbidden outcome came up, or a pinned token did not come out as written down. */
  FINDING(1),
  /** The same choices gave another trace. */
  NONDETERMINISM(3),
  /** A defect of the tool. */
  ERROR(9);

  private final int exitCode;

  Verdict(int exitCode) {
    this.exitCode = exitCode;
  }

  /** What the process tells its caller. */
  public int exitCode() {
    return exitCode;
  }

  /** Yields the one of the two that counts when both apply. */
  public Verdict and(Verdict other) {
    return compareTo(other) >= 0 ? this : other;
  }
}
