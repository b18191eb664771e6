package io.stalemate.sim;

import io.stalemate.machine.RcuWait;
import io.stalemate.machine.TaskState;

/** An rcuwait of a world. */
final class SimRcuWait implements RcuWait {

  private static final int NOBODY = -1;

  private final World world;
  private final Sleepers sleepers;
  private final int id;
  private int waiter = NOBODY;

  SimRcuWait(World world, Sleepers sleepers, int id) {
    this.world = world;
    this.sleepers = sleepers;
    this.id = id;
  }

  @Override
  public void prepare() {
    world.announce(Code.WAIT_PREPARE, id);
    waiter = world.current();
    world.record(Code.WAIT_PREPARE, id, 0, 0, 0, 0);
  }

  @Override
  public void finish() {
    world.announce(Code.WAIT_FINISH, id);
    waiter = NOBODY;
    sleepers.become(TaskState.RUNNING);
    world.record(Code.WAIT_FINISH, id, 0, 0, 0, 0);
  }

  @Override
  public boolean wakeUp() {
    world.announce(Code.WAKE_UP, id);
    boolean woke = waiter != NOBODY && sleepers.wake(waiter);
    world.record(Code.WAKE_UP, id, woke ? 1L << waiter : 0, 0, 0, 0);
    return woke;
  }
}
