package io.stalemate.sim;

import io.stalemate.machine.Rcu;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** The RCU of a world. Callbacks run on a task of its own, each once the sections open at its queueing have ended. */
final class SimRcu implements Rcu {

  private final World world;
  private final SrcuState state;
  private final SrcuOwner owner;
  private final CallbackGate callbacks = new CallbackGate();
  private int id;

  SimRcu(World world, SrcuState state, SrcuOwner owner) {
    this.world = world;
    this.state = state;
    this.owner = owner;
  }

  void reset(int newId) {
    id = newId;
    state.reset();
    callbacks.reset();
  }

  /** What the RCU task does: runs callbacks as they fall due, for ever. */
  void runCallbacks() {
    while (true) {
      world.announce(Code.RCU_CALLBACK, id, callbacks);
      Runnable callback = callbacks.take();
      world.record(Code.RCU_CALLBACK, id, 0, 0, 0, 0);
      callback.run();
    }
  }

  @Override
  public void readLock() {
    world.announce(Code.RCU_READ_LOCK, id);
    owner.readLock(world.current());
    world.record(Code.RCU_READ_LOCK, id, 0, 0, 0, 0);
  }

  @Override
  public void readUnlock() {
    world.announce(Code.RCU_READ_UNLOCK, id);
    int task = world.current();
    owner.readUnlock(task);
    world.changed(state);
    if ((state.readers() >>> task & 1) == 0) {
      callbacks.readerLeft(task);
      world.changed(callbacks);
    }
    world.record(Code.RCU_READ_UNLOCK, id, 0, 0, 0, 0);
  }

  @Override
  public void synchronize() {
    world.announce(Code.RCU_GP_START, id);
    owner.graceStart(world.current());
    world.record(Code.RCU_GP_START, id, state.readers(), 0, 0, 0);
    world.announce(Code.RCU_GP_END, id, state);
    owner.graceEnd(world.current());
    world.record(Code.RCU_GP_END, id, 0, 0, 0, 0);
  }

  @Override
  public void call(Runnable callback) {
    world.announce(Code.RCU_CALL, id);
    callbacks.queue(callback, state.readers());
    world.changed(callbacks);
    world.record(Code.RCU_CALL, id, state.readers(), 0, 0, 0);
  }

  /** Callbacks in order, each with the readers it still waits for; admits the RCU task while the first is due. */
  private static final class CallbackGate extends Gate {

    private final ArrayDeque<Runnable> queued = new ArrayDeque<>();
    private final List<long[]> waitsFor = new ArrayList<>();

    void reset() {
      queued.clear();
      waitsFor.clear();
      waiters = 0;
    }

    void queue(Runnable callback, long readers) {
      queued.addLast(callback);
      waitsFor.add(new long[] {readers});
    }

    void readerLeft(int task) {
      for (long[] readers : waitsFor) {
        readers[0] &= ~(1L << task);
      }
    }

    Runnable take() {
      waitsFor.remove(0);
      return queued.removeFirst();
    }

    @Override
    public boolean admits(int task, int opcode) {
      return !waitsFor.isEmpty() && waitsFor.get(0)[0] == 0;
    }
  }
}
