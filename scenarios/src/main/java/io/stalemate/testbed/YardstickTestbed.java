package io.stalemate.testbed;

import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.race.Race;
import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.Task;
import io.stalemate.scenario.YardstickAction;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.yardstick.Yardstick;
import java.util.List;
import java.util.Optional;

/** Builds scenario zero. */
final class YardstickTestbed implements Testbed {

  private final Scenario scenario;
  private final Optional<Race> race;
  private final int invalidations;

  YardstickTestbed(Scenario scenario, Optional<Race> race) {
    this.scenario = scenario;
    this.race = race;
    int count = 0;
    for (Task task : scenario.tasks()) {
      count += invalidations(task);
    }
    this.invalidations = count;
  }

  private static int invalidations(Task task) {
    int count = 0;
    for (Repeated repeated : task.actions()) {
      if (repeated.action() instanceof YardstickAction.Invalidate) {
        count += repeated.times();
      }
    }
    return count;
  }

  @Override
  public WorldOptions options() {
    return WorldOptions.of(1);
  }

  @Override
  public void build(World world) {
    Machine m = world.machine();
    Yardstick yardstick =
        race.isPresent() ? race.get().yardstick(m, invalidations) : new Yardstick(m, invalidations);
    int first = 0;
    for (Task task : scenario.tasks()) {
      int firstOfTask = first;
      first += invalidations(task);
      world.addTask(task.name(), Testbed.role(task.kind()), () -> perform(m, yardstick, task.actions(), firstOfTask));
    }
  }

  private static void perform(Machine m, Yardstick yardstick, List<Repeated> actions, int firstInvalidation) {
    int invalidation = firstInvalidation;
    for (int i = 0; i < actions.size(); i++) {
      Repeated repeated = actions.get(i);
      for (int n = 0; n < repeated.times(); n++) {
        if (repeated.action() instanceof YardstickAction.Invalidate) {
          yardstick.invalidate(invalidation++);
        } else {
          yardstick.vcpuFault();
        }
      }
      m.trace(Tracepoint.RETURN, i, 0);
    }
  }
}
