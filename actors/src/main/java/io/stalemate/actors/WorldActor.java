package io.stalemate.actors;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.MailboxSelector;
import akka.actor.typed.Props;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import java.util.concurrent.CompletableFuture;

/** Parent of a world's actors, on the world's dispatcher. */
final class WorldActor {

  private WorldActor() {}

  /** What it understands. */
  sealed interface Command permits Spawn {}

  /** Spawns an actor and hands out its reference. */
  record Spawn<T>(Behavior<T> behavior, String name, CompletableFuture<ActorRef<T>> reply) implements Command {}

  static Behavior<Command> create(String dispatcher) {
    return Behaviors.setup(context -> Behaviors.receiveMessage(command -> {
      switch (command) {
        case Spawn<?> spawn -> spawn(context, spawn, dispatcher);
      }
      return Behaviors.same();
    }));
  }

  private static <T> void spawn(ActorContext<Command> context, Spawn<T> spawn, String dispatcher) {
    spawn.reply().complete(context.spawn(spawn.behavior(), spawn.name(), props(dispatcher)));
  }

  /** The properties of every actor of a world. */
  static Props props(String dispatcher) {
    return MailboxSelector.fromConfig("stalemate.mailbox").withDispatcherFromConfig(dispatcher);
  }
}
