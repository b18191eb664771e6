package io.stalemate.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.actors.Worlds;
import io.stalemate.machine.Machine;
import io.stalemate.machine.PageUse;
import io.stalemate.oracle.Ending;
import io.stalemate.oracle.Oracle;
import io.stalemate.oracle.OracleSet;
import io.stalemate.oracle.Oracles;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.sim.WorldOptions.AllocationFailure;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.trace.Trace;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Worlds whose turns pass through actors: one schedule a round, which may switch before plain accesses too.
 *
 * @param change what programs see of a world's machine, and of its events so far
 */
record SimulatedBinding(BiFunction<Machine, Trace, Machine> change, List<AllocationFailure> failures)
    implements Binding {

  private static final int STEPS_MAX = 100_000;

  /** Machines as they are. */
  SimulatedBinding() {
    this((machine, trace) -> machine, List.of());
  }

  @Override
  public void run(int rounds, Function<Machine, Program> program) {
    try (Worlds worlds = new Worlds(1)) {
      World world = worlds.open(0, (opcode, event) -> {});
      for (int round = 0; round < rounds; round++) {
        assertThat(once(world, round, program)).as("round %d", round).isEqualTo(Ending.QUIESCENT);
      }
    }
  }

  private Ending once(World world, int round, Function<Machine, Program> program) {
    world.begin(new WorldOptions(CPUS, true, failures));
    Program it = program.apply(change.apply(world.machine(), world.trace()));
    for (int task = 0; task < it.tasks().size(); task++) {
      world.addTask("task" + task, Role.HOST_MM, it.tasks().get(task));
    }
    Ending ending = world.run(new RandomWalk(), round, STEPS_MAX);
    if (ending == Ending.QUIESCENT) {
      it.after().run();
    }
    return ending;
  }

  @Override
  public Binding failing(PageUse use, int nth) {
    return new SimulatedBinding(change, List.of(new AllocationFailure(use, nth)));
  }

  @Override
  public boolean refuses(Function<Machine, Program> program) {
    List<Oracle> lockdep =
        Oracles.all(1).stream().filter(oracle -> List.of("lockdep", "progress").contains(oracle.name())).toList();
    OracleSet oracles = new OracleSet(lockdep);
    try (Worlds worlds = new Worlds(1)) {
      World world = worlds.open(0, oracles::on);
      oracles.begin(world.trace());
      oracles.end(once(world, 0, program));
      return oracles.foundAny();
    }
  }
}
