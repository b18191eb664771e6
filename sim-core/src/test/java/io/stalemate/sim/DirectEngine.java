package io.stalemate.sim;

import io.stalemate.strategy.RandomWalk;
import io.stalemate.trace.ObjectKind;
import java.util.Objects;

/** Passes turns by plain calls and lets every state machine own itself: for tests of this module alone. */
public final class DirectEngine implements Engine {

  private World world;

  /** A world without watcher, on sequentially consistent memory. */
  public static World world() {
    return world((opcode, event) -> {});
  }

  /** A world that {@code watcher} watches, on sequentially consistent memory. */
  public static World world(Watcher watcher) {
    return new World(new DirectEngine(), watcher, new SequentialMemory(), new RandomWalk());
  }

  @Override
  public void attach(World attached) {
    world = attached;
  }

  @Override
  public void begin(int task) {
    Objects.requireNonNull(world).turn(task);
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
