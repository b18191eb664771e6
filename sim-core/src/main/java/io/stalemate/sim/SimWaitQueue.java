package io.stalemate.sim;

import io.stalemate.machine.TaskState;
import io.stalemate.machine.WaitQueue;
import java.util.ArrayList;
import java.util.List;

/** A wait queue of a world. */
final class SimWaitQueue implements WaitQueue {

  private final World world;
  private final Sleepers sleepers;
  private final int id;
  private final List<Integer> queue = new ArrayList<>();

  SimWaitQueue(World world, Sleepers sleepers, int id) {
    this.world = world;
    this.sleepers = sleepers;
    this.id = id;
  }

  @Override
  public void prepare(TaskState state) {
    world.announce(Code.WAIT_PREPARE, id);
    Integer task = world.current();
    if (!queue.contains(task)) {
      queue.add(task);
    }
    sleepers.become(state);
    world.record(Code.WAIT_PREPARE, id, state.ordinal(), 0, 0, 0);
  }

  @Override
  public void finish() {
    world.announce(Code.WAIT_FINISH, id);
    queue.remove((Integer) world.current());
    sleepers.become(TaskState.RUNNING);
    world.record(Code.WAIT_FINISH, id, 0, 0, 0, 0);
  }

  @Override
  public void wakeUp() {
    wake(false);
  }

  @Override
  public void wakeUpAll() {
    wake(true);
  }

  private void wake(boolean all) {
    world.announce(Code.WAKE_UP, id);
    long woken = 0;
    for (int task : queue) {
      if (sleepers.wake(task)) {
        woken |= 1L << task;
      }
      if (!all) {
        break;
      }
    }
    world.record(Code.WAKE_UP, id, woken, 0, 0, 0);
  }
}
