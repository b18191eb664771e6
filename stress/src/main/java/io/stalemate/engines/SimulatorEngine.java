package io.stalemate.engines;

import io.stalemate.actors.Worlds;
import io.stalemate.session.Case;
import io.stalemate.session.Runner;
import io.stalemate.session.Strategies;
import io.stalemate.strategy.Seeded;
import io.stalemate.strategy.Strategy;

/** The simulator on one worker, the product's own loop: oracles, outcome table and goals' counts included. */
public final class SimulatorEngine implements Engine {

  private final Runner runner;
  private final String strategyName;
  private final Strategy strategy;
  private long index;

  /** Runs {@code subject} under {@code strategy} in world {@code world}, on the calling thread alone. */
  public SimulatorEngine(Worlds worlds, int world, Case subject, String strategy) {
    this.runner = new Runner(worlds, world, subject);
    this.strategyName = strategy;
    this.strategy = Strategies.of(strategy, runner.stepsExpected());
  }

  @Override
  public String name() {
    return "stalemate " + strategyName;
  }

  @Override
  public Turn turn(long nanos) {
    long cpuBegun = CpuTime.nanos();
    long begun = System.nanoTime();
    long now = begun;
    long executions = 0;
    do {
      runner.run(strategy, Seeded.derive(0, index++));
      if (runner.isFinding()) {
        throw new EngineFailure(EngineFailure.Reason.FINDING, name() + " has a finding on the correct text: "
            + runner.findings().getFirst().what() + "; 'stalemate run " + runner.subject().scenario().name()
            + "' shows it");
      }
      executions++;
      now = System.nanoTime();
    } while (now - begun < nanos);
    return new Turn(executions, now - begun, CpuTime.nanos() - cpuBegun);
  }

  /** Leaves the world to whoever made it. */
  @Override
  public void close() {}
}
