package io.stalemate.testbed;

import io.stalemate.race.Race;
import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.Task;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import java.util.List;
import java.util.Optional;

/** Boots a host and a VM in each world, and adds the scenario's tasks. */
final class KvmTestbed implements Testbed {

  private final Scenario scenario;
  private final KvmSetup setup;

  KvmTestbed(Scenario scenario, Kernel kernel, Optional<Race> race) {
    this.scenario = scenario;
    this.setup = KvmSetup.of(scenario, kernel, race);
  }

  @Override
  public WorldOptions options() {
    List<WorldOptions.AllocationFailure> failures = scenario.vm().allocFailures().stream()
        .map(failure -> new WorldOptions.AllocationFailure(failure.use(), failure.nth()))
        .toList();
    return new WorldOptions(scenario.vm().cpus(), false, failures);
  }

  @Override
  public void build(World world) {
    BootedVm vm = setup.boot(world.machine());
    for (int number = 0; number < scenario.tasks().size(); number++) {
      Task task = scenario.tasks().get(number);
      world.addTask(task.name(), Testbed.role(task.kind()), vm.task(number));
    }
  }
}
