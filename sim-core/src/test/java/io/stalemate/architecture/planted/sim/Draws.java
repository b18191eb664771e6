package io.stalemate.architecture.planted.sim;

import java.util.Random;

/** Draws without a seed. */
public final class Draws {
  /** Yields something else each time. */
  public int draw() {
    return new Random().nextInt();
  }
}
