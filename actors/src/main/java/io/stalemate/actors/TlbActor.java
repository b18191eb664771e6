package io.stalemate.actors;

import akka.actor.typed.Behavior;
import akka.actor.typed.ExtensibleBehavior;
import akka.actor.typed.Signal;
import akka.actor.typed.TypedActorContext;
import io.stalemate.sim.TlbState;

/** Owns the TLB of one physical CPU. Broadcast invalidations reach every CPU's actor as a message. */
final class TlbActor extends ExtensibleBehavior<TlbActor.Command> {

  private final TlbState tlb;

  private TlbActor(TlbState tlb) {
    this.tlb = tlb;
  }

  /** What it understands; arguments as in {@link io.stalemate.sim.TlbOwner}. */
  sealed interface Command permits WalkBegin, WalkEnd, Fill, Invalidate, Complete {}

  /** A hardware walk begins. */
  record WalkBegin(int vmid, long gfn) implements Command {}

  /** The walk ends without filling. */
  enum WalkEnd implements Command { INSTANCE }

  /** The walk ends and fills. */
  record Fill(int vmid, int level, long gfnBase, long count, long pfnBase, int permissions) implements Command {}

  /** A TLBI of {@code task}. */
  record Invalidate(int task, int vmid, long gfn, long count, int level) implements Command {}

  /** A DSB of {@code task}. */
  record Complete(int task) implements Command {}

  static Behavior<Command> create(TlbState tlb) {
    return new TlbActor(tlb);
  }

  @Override
  public Behavior<Command> receive(TypedActorContext<Command> context, Command command) {
    switch (command) {
      case WalkBegin(int vmid, long gfn) -> tlb.walkBegin(vmid, gfn);
      case WalkEnd end -> tlb.walkEnd();
      case Fill(int vmid, int level, long gfnBase, long count, long pfnBase, int permissions) ->
          tlb.fill(vmid, level, gfnBase, count, pfnBase, permissions);
      case Invalidate(int task, int vmid, long gfn, long count, int level) ->
          tlb.invalidate(task, vmid, gfn, count, level);
      case Complete(int task) -> tlb.complete(task);
    }
    return this;
  }

  @Override
  public Behavior<Command> receiveSignal(TypedActorContext<Command> context, Signal signal) {
    return this;
  }
}
