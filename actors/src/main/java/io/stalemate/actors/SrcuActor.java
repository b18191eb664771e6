package io.stalemate.actors;

import akka.actor.typed.Behavior;
import akka.actor.typed.ExtensibleBehavior;
import akka.actor.typed.Signal;
import akka.actor.typed.TypedActorContext;
import io.stalemate.sim.SrcuState;

/** Owns an SRCU (or RCU) domain. */
final class SrcuActor extends ExtensibleBehavior<SrcuActor.Command> {

  private final SrcuState domain;

  private SrcuActor(SrcuState domain) {
    this.domain = domain;
  }

  /** What it understands. */
  sealed interface Command permits ReadLock, ReadUnlock, GraceStart, GraceEnd {}

  /** {@code srcu_read_lock()}. */
  record ReadLock(int task) implements Command {}

  /** {@code srcu_read_unlock()}. */
  record ReadUnlock(int task) implements Command {}

  /** {@code synchronize_srcu()} begins. */
  record GraceStart(int task) implements Command {}

  /** {@code synchronize_srcu()} returns. */
  record GraceEnd(int task) implements Command {}

  static Behavior<Command> create(SrcuState domain) {
    return new SrcuActor(domain);
  }

  @Override
  public Behavior<Command> receive(TypedActorContext<Command> context, Command command) {
    switch (command) {
      case ReadLock(int task) -> domain.readLock(task);
      case ReadUnlock(int task) -> domain.readUnlock(task);
      case GraceStart(int task) -> domain.graceStart(task);
      case GraceEnd(int task) -> domain.graceEnd(task);
    }
    return this;
  }

  @Override
  public Behavior<Command> receiveSignal(TypedActorContext<Command> context, Signal signal) {
    return this;
  }
}
