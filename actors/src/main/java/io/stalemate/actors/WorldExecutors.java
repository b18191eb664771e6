package io.stalemate.actors;

import akka.actor.setup.Setup;
import java.util.ArrayList;
import java.util.List;

/** Carries the executors of a system's worlds from its maker to the dispatchers that Akka makes by reflection. */
final class WorldExecutors extends Setup {

  private static final String PREFIX = "stalemate.world-";

  private final List<WorldExecutor> executors = new ArrayList<>();

  WorldExecutors(int worlds) {
    for (int i = 0; i < worlds; i++) {
      executors.add(new WorldExecutor());
    }
  }

  /** The configuration path of the dispatcher of world {@code world}. */
  static String dispatcher(int world) {
    return PREFIX + world;
  }

  /** Yields the executor of world {@code world}. */
  WorldExecutor of(int world) {
    return executors.get(world);
  }

  /** Yields the executor behind a dispatcher's configuration path. */
  WorldExecutor of(String dispatcher) {
    return executors.get(Integer.parseInt(dispatcher.substring(PREFIX.length())));
  }

  /** Number of worlds. */
  int size() {
    return executors.size();
  }
}
