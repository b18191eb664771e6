package io.stalemate.race;

import io.stalemate.oracle.Finding;
import io.stalemate.oracle.OracleSet;
import io.stalemate.oracle.Oracles;
import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.OracleLeftOut;
import io.stalemate.scenario.Scenario;
import io.stalemate.sim.Engine;
import io.stalemate.sim.LockOwner;
import io.stalemate.sim.LockState;
import io.stalemate.sim.SequentialMemory;
import io.stalemate.sim.SrcuOwner;
import io.stalemate.sim.SrcuState;
import io.stalemate.sim.TlbOwner;
import io.stalemate.sim.TlbState;
import io.stalemate.sim.World;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.strategy.Strategy;
import io.stalemate.testbed.Testbed;
import io.stalemate.trace.ObjectKind;
import java.util.List;
import java.util.Optional;

/** Runs a scenario with or without a race under all oracles, with turns passed by plain calls. */
final class Bench implements Engine {

  private final Scenario scenario;
  private final Testbed testbed;
  private final OracleSet oracles;
  private final World world;

  Bench(Scenario scenario, Kernel kernel, Optional<Race> race) {
    this.scenario = scenario;
    this.testbed = Testbed.of(scenario, kernel, race);
    List<String> without = scenario.oraclesLeftOut().stream().map(OracleLeftOut::oracle).toList();
    this.oracles = new OracleSet(Oracles.all(scenario.vm().geometry().bits()).stream()
        .filter(oracle -> !without.contains(oracle.name())).toList());
    this.world = new World(this, oracles::on, new SequentialMemory(), new RandomWalk());
  }

  /** Runs once; yields the findings, worst first. */
  List<Finding> run(Strategy strategy, long seed) {
    world.begin(testbed.options());
    oracles.begin(world.trace());
    testbed.build(world);
    oracles.end(world.run(strategy, seed, scenario.stepsMax()));
    return oracles.findings();
  }

  /** The hash of the last run's trace. */
  long traceHash() {
    return world.trace().hash();
  }

  @Override
  public void attach(World attached) {}

  @Override
  public void begin(int task) {
    world.turn(task);
  }

  @Override
  public void proceed(int first) {
    for (int task = first; task >= 0; task = world.turn(task)) {}
  }

  @Override
  public LockOwner own(LockState lock, ObjectKind kind) {
    return lock;
  }

  @Override
  public SrcuOwner own(SrcuState domain) {
    return domain;
  }

  @Override
  public TlbOwner own(TlbState tlb) {
    return tlb;
  }
}
