package io.stalemate.architecture.planted.sim;

/** Counts in fractions. */
public final class Floats {
  private final double half = 0.5;

  /** Yields a fraction. */
  public double half() {
    return half;
  }
}
