package io.stalemate.sim;

import io.stalemate.machine.LockdepMap;

/** A lockdep dependency of a world: events only. */
final class SimLockdepMap implements LockdepMap {

  private final World world;
  private final int id;

  SimLockdepMap(World world, int id) {
    this.world = world;
    this.id = id;
  }

  @Override
  public void acquire() {
    world.record(Code.LOCKDEP_ACQUIRE, id, 0, 0, 0, 0);
  }

  @Override
  public void release() {
    world.record(Code.LOCKDEP_RELEASE, id, 0, 0, 0, 0);
  }

  @Override
  public void waitsForHolders() {
    world.record(Code.LOCKDEP_WAIT, id, 0, 0, 0, 0);
  }
}
