package io.stalemate.sim;

import io.stalemate.machine.Lock;

/** What the locks of a world have in common: an id, a state to read, an owner that changes it. */
abstract sealed class SimLock<S extends LockState> implements Lock
    permits SimSpinlock, SimMutex, SimRwlock, SimRwSemaphore {

  final World world;
  final S state;
  private final LockOwner owner;
  int id;

  SimLock(World world, S state, LockOwner owner) {
    this.world = world;
    this.state = state;
    this.owner = owner;
  }

  /** Becomes a free lock with object id {@code newId}. */
  final void reset(int newId) {
    id = newId;
    state.reset();
  }

  /** Announces {@code opcode}, waits until the state admits it, performs it. */
  final void acquire(int opcode) {
    world.announce(opcode, id, state);
    perform(opcode, 0);
  }

  /** Announces and performs {@code opcode}, which can always proceed. */
  final void release(int opcode) {
    world.announce(opcode, id);
    perform(opcode, 0);
  }

  /** As {@link #acquire} for a writer: one that finds the lock taken queues first, which keeps new readers out. */
  final void acquireWrite(int opcode, int queuedOpcode) {
    world.announce(opcode, id);
    if (!state.admits(world.current(), opcode)) {
      perform(queuedOpcode, 0);
      world.announce(opcode, id, state);
    }
    perform(opcode, 0);
  }

  /** Announces {@code opcode} and performs it if {@code free} says so at that moment; yields whether it did. */
  final boolean tryAcquire(int opcode, java.util.function.BooleanSupplier free) {
    world.announce(opcode, id);
    boolean taken = free.getAsBoolean();
    if (taken) {
      perform(opcode, 1);
    } else {
      world.record(opcode, id, 0, 0, 0, 0);
    }
    return taken;
  }

  private void perform(int opcode, long result) {
    owner.perform(world.current(), opcode);
    world.record(opcode, id, result, 0, 0, 0);
    world.changed(state);
  }

  @Override
  public final void assertHeld() {
    world.record(Code.ASSERT_HELD, id, 0, 0, 0, 0);
  }
}
