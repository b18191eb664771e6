package io.stalemate.actors;

import akka.actor.typed.Behavior;
import akka.actor.typed.ExtensibleBehavior;
import akka.actor.typed.Signal;
import akka.actor.typed.TypedActorContext;

/**
 * Plays one task of a world: a vCPU, an mmu-notifier, a memslot or attributes ioctl, host memory management. Its
 * kernel text runs on a coroutine inside this actor and keeps the turn until the strategy picks another task; then this
 * actor tells that task's actor to go on.
 */
final class TaskActor extends ExtensibleBehavior<TaskActor.Command> {

  private final ActorEngine engine;
  private final int task;

  private TaskActor(ActorEngine engine, int task) {
    this.engine = engine;
    this.task = task;
  }

  /** What it understands. */
  sealed interface Command permits Begin, Proceed {}

  /** Run to the first announcement. */
  enum Begin implements Command { INSTANCE }

  /** The turn is yours. */
  enum Proceed implements Command { INSTANCE }

  static Behavior<Command> create(ActorEngine engine, int task) {
    return new TaskActor(engine, task);
  }

  @Override
  public Behavior<Command> receive(TypedActorContext<Command> context, Command command) {
    switch (command) {
      case Begin begin -> engine.turn(task);
      case Proceed proceed -> {
        int next = engine.turn(task);
        if (next >= 0) {
          engine.tell(next, Proceed.INSTANCE);
        }
      }
    }
    return this;
  }

  @Override
  public Behavior<Command> receiveSignal(TypedActorContext<Command> context, Signal signal) {
    return this;
  }
}
