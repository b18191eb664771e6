package io.stalemate.sim;

import io.stalemate.machine.Srcu;

/** An SRCU domain of a world. */
final class SimSrcu implements Srcu {

  private final World world;
  private final SrcuState state;
  private final SrcuOwner owner;
  private int id;

  SimSrcu(World world, SrcuState state, SrcuOwner owner) {
    this.world = world;
    this.state = state;
    this.owner = owner;
  }

  void reset(int newId) {
    id = newId;
    state.reset();
  }

  @Override
  public int readLock() {
    world.announce(Code.SRCU_READ_LOCK, id);
    int index = state.index();
    owner.readLock(world.current());
    world.record(Code.SRCU_READ_LOCK, id, index, 0, 0, 0);
    return index;
  }

  @Override
  public void readUnlock(int index) {
    world.announce(Code.SRCU_READ_UNLOCK, id);
    owner.readUnlock(world.current());
    world.changed(state);
    world.record(Code.SRCU_READ_UNLOCK, id, index, 0, 0, 0);
  }

  @Override
  public void synchronize() {
    world.announce(Code.SRCU_GP_START, id);
    owner.graceStart(world.current());
    world.record(Code.SRCU_GP_START, id, state.readers(), 0, 0, 0);
    world.announce(Code.SRCU_GP_END, id, state);
    owner.graceEnd(world.current());
    world.record(Code.SRCU_GP_END, id, 0, 0, 0, 0);
  }

  @Override
  public void assertReadHeld() {
    world.record(Code.ASSERT_HELD, id, 2, 0, 0, 0);
  }
}
