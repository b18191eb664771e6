package io.stalemate.actors;

import akka.actor.setup.ActorSystemSetup;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.BootstrapSetup;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.stalemate.sim.SequentialMemory;
import io.stalemate.sim.Watcher;
import io.stalemate.sim.World;
import io.stalemate.strategy.RandomWalk;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** The one ActorSystem of a process and its worlds. Close it when no world is running. */
public final class Worlds implements AutoCloseable {

  private final WorldExecutors executors;
  private final ActorSystem<Open> system;

  /** Starts a system for {@code count} worlds. */
  public Worlds(int count) {
    this.executors = new WorldExecutors(count);
    ActorSystemSetup setup = ActorSystemSetup.create(BootstrapSetup.create(config(count)), executors);
    this.system = ActorSystem.create(guardian(), "stalemate", setup);
  }

  /** Asks the guardian for the parent of a world's actors. */
  private record Open(int world, CompletableFuture<ActorRef<WorldActor.Command>> reply) {}

  private static Behavior<Open> guardian() {
    return Behaviors.setup(context -> {
      Map<Integer, ActorRef<WorldActor.Command>> parents = new TreeMap<>();
      long[] opened = new long[1];
      return Behaviors.receiveMessage(open -> {
        // The actors of the world before end when this one's first settle. Until then their names are taken.
        ActorRef<WorldActor.Command> before = parents.get(open.world());
        if (before != null) {
          context.stop(before);
        }
        String dispatcher = WorldExecutors.dispatcher(open.world());
        ActorRef<WorldActor.Command> parent = context.spawn(WorldActor.create(dispatcher),
            "world-" + open.world() + "-" + opened[0]++, WorldActor.props(dispatcher));
        parents.put(open.world(), parent);
        open.reply().complete(parent);
        return Behaviors.same();
      });
    });
  }

  private static Config config(int count) {
    StringBuilder dispatchers = new StringBuilder();
    for (int world = 0; world < count; world++) {
      dispatchers.append(WorldExecutors.dispatcher(world)).append(" = ${stalemate.dispatcher}\n");
    }
    return ConfigFactory.parseString(dispatchers.toString())
        .withFallback(ConfigFactory.parseResources(Worlds.class, "/stalemate-actors.conf"))
        .withFallback(ConfigFactory.parseResources(Worlds.class, "/reference.conf"))
        .resolve();
  }

  /**
   * Opens world {@code index} for the calling thread, which alone may use it. {@code watcher} sees its events. May be
   * called again for the same index, by a thread that knows the world before is not running: that one is over then.
   */
  public World open(int index, Watcher watcher) {
    WorldExecutor executor = executors.of(index);
    executor.adopt();
    CompletableFuture<ActorRef<WorldActor.Command>> parent = new CompletableFuture<>();
    system.tell(new Open(index, parent));
    ActorEngine engine = new ActorEngine(executor, parent.join());
    return new World(engine, watcher, new SequentialMemory(), new RandomWalk());
  }

  /** Yields the actors there are, one a line. */
  String tree() {
    return system.printTree();
  }

  @Override
  public void close() {
    system.terminate();
    CompletableFuture<?> terminated = system.getWhenTerminated().toCompletableFuture();
    while (!terminated.isDone()) {
      for (int world = 0; world < executors.size(); world++) {
        executors.of(world).adopt();
        executors.of(world).settle();
      }
      Thread.onSpinWait();
    }
  }
}
