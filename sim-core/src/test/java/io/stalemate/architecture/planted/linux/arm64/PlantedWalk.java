package io.stalemate.architecture.planted.linux.arm64;

/** Breaks no rule. */
public final class PlantedWalk {
  private final int level = 3;

  /** Yields the level. */
  public int level() {
    return level;
  }
}
