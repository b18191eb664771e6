package io.stalemate.architecture.planted.sim;

import java.time.Instant;

/** Depends on the hour. */
public final class AsksTheClock {
  /** Yields the time twice. */
  public String now() {
    return System.nanoTime() + " " + Instant.EPOCH;
  }
}
