package io.stalemate.architecture.planted.scenario;

import io.stalemate.sim.World;

/** Breaks the arrow from the world to scenarios. */
public final class SeesTheWorld {
  /** Yields what it should not know. */
  public int steps(World world) {
    return world.steps();
  }
}
