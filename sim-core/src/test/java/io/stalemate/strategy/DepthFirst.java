package io.stalemate.strategy;

import io.stalemate.oracle.Ending;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Every schedule of a small program, one run each, in the order of the choices. */
public final class DepthFirst implements Strategy {

  private static final int STEPS_MAX = 1_000;
  private static final int SCHEDULES_MAX = 200_000;

  private final List<long[]> path = new ArrayList<>();
  private int step;

  /**
   * Runs {@code program} under every schedule there is; {@code each} sees the world after each run.
   *
   * @return the number of schedules
   */
  public static int everySchedule(Consumer<World> program, BiConsumer<World, Ending> each) {
    DepthFirst strategy = new DepthFirst();
    World world = DirectEngine.world();
    int schedules = 0;
    do {
      world.begin(WorldOptions.of(2));
      program.accept(world);
      each.accept(world, world.run(strategy, 0, STEPS_MAX));
      schedules++;
      if (schedules > SCHEDULES_MAX) {
        throw new IllegalStateException("more than " + SCHEDULES_MAX + " schedules");
      }
    } while (strategy.next());
    return schedules;
  }

  /** Yields how many of all schedules end in each way, by {@link Ending#ordinal}. */
  public static int[] endings(Consumer<World> program) {
    int[] endings = new int[Ending.values().length];
    everySchedule(program, (world, ending) -> endings[ending.ordinal()]++);
    return endings;
  }

  @Override
  public String name() {
    return "dfs";
  }

  @Override
  public void begin(long seed, int tasks) {
    step = 0;
  }

  @Override
  public int choose(int current, long enabled, Announced announced) {
    if (step == path.size()) {
      path.add(new long[] {enabled});
    }
    return Long.numberOfTrailingZeros(path.get(step++)[0]);
  }

  /** Moves on to the next schedule; yields false if there is none. */
  boolean next() {
    while (!path.isEmpty()) {
      long[] untried = path.getLast();
      untried[0] &= untried[0] - 1;
      if (untried[0] != 0) {
        return true;
      }
      path.removeLast();
    }
    return false;
  }
}
