package io.stalemate.sim;

import io.stalemate.machine.TaskState;
import java.util.Arrays;

/** The sleeping state of every task: what {@code schedule()} waits on and wake-ups change. */
final class Sleepers extends Gate {

  private static final TaskState[] STATES = TaskState.values();
  private static final int RUNNING = TaskState.RUNNING.ordinal();

  private final World world;
  private final int[] states = new int[64];

  Sleepers(World world) {
    this.world = world;
  }

  void reset() {
    Arrays.fill(states, RUNNING);
    waiters = 0;
  }

  void set(TaskState state) {
    int task = world.current();
    world.announce(Code.SET_STATE, 0);
    states[task] = state.ordinal();
    world.record(Code.SET_STATE, 0, state.ordinal(), 0, 0, 0);
  }

  /** Changes the state of the current task as part of another operation. */
  void become(TaskState state) {
    states[world.current()] = state.ordinal();
  }

  void schedule() {
    world.announce(Code.SCHEDULE, 0, this);
    world.record(Code.SCHEDULE, 0, 0, 0, 0, 0);
  }

  /** Makes {@code task} running; yields whether it was not. Part of the wake-up operation that calls it. */
  boolean wake(int task) {
    boolean slept = STATES[states[task]] != TaskState.RUNNING;
    states[task] = RUNNING;
    world.changed(this);
    return slept;
  }

  @Override
  public boolean admits(int task, int opcode) {
    return states[task] == RUNNING;
  }
}
