package io.stalemate.architecture.planted.linux.kvm;

import io.stalemate.architecture.planted.linux.arm64.PlantedWalk;

/** Breaks the arrow from arm64 to kvm. */
public final class SeesArm64 {
  /** Yields what it should not know. */
  public int level(PlantedWalk walk) {
    return walk.level();
  }
}
