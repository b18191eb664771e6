package io.stalemate.actors;

import io.stalemate.sim.Engine;
import io.stalemate.sim.LockOwner;
import io.stalemate.sim.LockState;
import io.stalemate.sim.SequentialMemory;
import io.stalemate.sim.SrcuOwner;
import io.stalemate.sim.SrcuState;
import io.stalemate.sim.TlbOwner;
import io.stalemate.sim.TlbState;
import io.stalemate.sim.World;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.trace.ObjectKind;

/** Passes turns by plain calls and lets every state machine own itself: what the actors must agree with. */
final class PlainEngine implements Engine {

  private World world;

  static World world() {
    return new World(new PlainEngine(), (opcode, event) -> {}, new SequentialMemory(), new RandomWalk());
  }

  @Override
  public void attach(World attached) {
    world = attached;
  }

  @Override
  public void begin(int task) {
    world.turn(task);
  }

  @Override
  public void proceed(int first) {
    for (int task = first; task >= 0; task = world.turn(task)) {}
  }

  @Override
  public LockOwner own(LockState lock, ObjectKind kind) {
    return lock;
  }

  @Override
  public SrcuOwner own(SrcuState domain) {
    return domain;
  }

  @Override
  public TlbOwner own(TlbState tlb) {
    return tlb;
  }
}
