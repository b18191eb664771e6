package io.stalemate.session;

import io.stalemate.actors.Worlds;
import io.stalemate.oracle.Ending;
import io.stalemate.oracle.Evidence;
import io.stalemate.oracle.Finding;
import io.stalemate.oracle.Oracle;
import io.stalemate.oracle.OracleSet;
import io.stalemate.oracle.Oracles;
import io.stalemate.oracle.Severity;
import io.stalemate.scenario.Goal;
import io.stalemate.scenario.OracleLeftOut;
import io.stalemate.scenario.OutcomeClass;
import io.stalemate.scenario.Scenario;
import io.stalemate.sim.Watcher;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.Replay;
import io.stalemate.strategy.Schedule;
import io.stalemate.strategy.Strategy;
import io.stalemate.testbed.Testbed;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs a case in one world, one run after another, on the thread that made it. */
public final class Runner {

  private static final int TRACE = Op.TRACE.ordinal();

  private final Case subject;
  private final Scenario scenario;
  private final World world;
  private final Testbed testbed;
  private final WorldOptions options;
  private final OracleSet oracles;
  private final EventCounts counts = new EventCounts();
  private final int stepsExpected;
  private Ending ending = Ending.QUIESCENT;
  private StackProbe probe = StackProbe.NONE;

  /** Runs {@code subject} in world {@code index}. */
  public Runner(Worlds worlds, int index, Case subject) {
    this.subject = subject;
    this.scenario = subject.scenario();
    this.testbed = Testbed.of(scenario, subject.kernel(), subject.race());
    this.options = testbed.options().withPlainAccessesAsChoices(subject.plainAccessesAreChoices());
    this.oracles = new OracleSet(oraclesFor(subject));
    this.world = worlds.open(index, new Eyes());
    run(new Replay(new Schedule(new int[0], new int[0])), 0);
    this.stepsExpected = Math.max(1, world.steps());
  }

  private static List<Oracle> oraclesFor(Case subject) {
    Scenario scenario = subject.scenario();
    List<String> only = subject.oracles();
    List<String> without = scenario.oraclesLeftOut().stream().map(OracleLeftOut::oracle).toList();
    return Oracles.all(scenario.vm().geometry().bits()).stream()
        .filter(oracle -> !without.contains(oracle.name()) && (only.isEmpty() || only.contains(oracle.name())))
        .toList();
  }

  /** Shows every event to the counts, the oracles and, when wanted, the stack probe. */
  private final class Eyes implements Watcher {
    @Override
    public void on(int opcode, int event) {
      if (opcode == TRACE) {
        counts.on(world.trace(), event);
      }
      oracles.on(opcode, event);
      // Whoever is found blocked while another runs has no stack here.
      if (probe != StackProbe.NONE && world.trace().task(event) == world.current()) {
        probe.on(event);
      }
    }
  }

  /** What is run. */
  public Case subject() {
    return subject;
  }

  /** Names of the oracles that watch. */
  public List<String> oracles() {
    return oracles.oracles().stream().map(Oracle::name).toList();
  }

  /** Length in steps of the run that switches only when it must: what PCT spreads its change points over. */
  public int stepsExpected() {
    return stepsExpected;
  }

  /** Runs once. */
  public Ending run(Strategy strategy, long seed) {
    world.begin(options);
    counts.clear();
    oracles.begin(world.trace());
    testbed.build(world);
    ending = world.run(strategy, seed, scenario.stepsMax());
    oracles.end(ending);
    return ending;
  }

  /** Runs once and takes the kernel stacks of some events. */
  Ending run(Strategy strategy, long seed, StackProbe stacks) {
    probe = stacks;
    try {
      return run(strategy, seed);
    } finally {
      probe = StackProbe.NONE;
    }
  }

  /** The trace of the last run; the next run overwrites it. */
  public Trace trace() {
    return world.trace();
  }

  /** Number of choices of the last run. */
  public int steps() {
    return world.steps();
  }

  /** How the last run ended. */
  public Ending ending() {
    return ending;
  }

  /** Whether a history of the last run was too hard to judge: not found wrong, and not known to be right. */
  public boolean undecided() {
    return oracles.undecided();
  }

  /** Yields the index of the last run's outcome, as {@link Scenario#outcome} does. */
  public int outcome() {
    return scenario.outcome(counts);
  }

  /** Whether goal {@code goal} was reached in the last run. */
  boolean reached(Goal goal) {
    return goal.when().holds(counts);
  }

  /** Yields why the last run, though nothing was found in it, is no pass; empty if it is one. */
  public Optional<String> shortfall() {
    if (ending == Ending.BOUND) {
      return Optional.of("the run was cut off at its bound on steps");
    }
    if (undecided()) {
      return Optional.of("a history was too hard to judge");
    }
    return ending == Ending.QUIESCENT && scenario.outcomeClass(outcome()) == OutcomeClass.UNKNOWN
        ? Optional.of("the outcome was not foreseen")
        : Optional.empty();
  }

  /** Whether the last run has a finding. */
  public boolean isFinding() {
    return oracles.foundAny() || (ending == Ending.QUIESCENT && forbidden());
  }

  private boolean forbidden() {
    return scenario.outcomeClass(outcome()) == OutcomeClass.FORBIDDEN;
  }

  /** Yields the findings of the last run, worst first; a forbidden outcome is one. */
  public List<Finding> findings() {
    List<Finding> findings = new ArrayList<>(oracles.findings());
    if (ending == Ending.QUIESCENT && forbidden()) {
      String outcome = scenario.outcomeName(outcome());
      findings.add(new Finding("outcome", Severity.RULE, "forbidden outcome: " + outcome,
          "the scenario's outcome table forbids it",
          List.of(new Evidence(trace().size() - 1, "end of the run")), List.of()));
    }
    return findings;
  }
}
