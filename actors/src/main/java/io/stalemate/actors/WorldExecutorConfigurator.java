package io.stalemate.actors;

import akka.dispatch.DispatcherPrerequisites;
import akka.dispatch.ExecutorServiceConfigurator;
import akka.dispatch.ExecutorServiceFactory;
import com.typesafe.config.Config;
import java.util.concurrent.ThreadFactory;

/** Named in the dispatchers' configuration: gives each world's dispatcher the executor made for it. */
public final class WorldExecutorConfigurator extends ExecutorServiceConfigurator {

  private final WorldExecutors executors;

  /** Called by Akka. */
  public WorldExecutorConfigurator(Config config, DispatcherPrerequisites prerequisites) {
    super(config, prerequisites);
    this.executors = prerequisites.settings().setup().get(WorldExecutors.class)
        .orElseThrow(() -> new IllegalStateException("the actor system was made without executors for worlds"));
  }

  @Override
  public ExecutorServiceFactory createExecutorServiceFactory(String id, ThreadFactory threadFactory) {
    return () -> executors.of(id);
  }
}
