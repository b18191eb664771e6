package io.stalemate.engines;

import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.Task;
import io.stalemate.scenario.YardstickAction;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.verifier.LinearizabilityVerifier;
import org.jetbrains.lincheck.datastructures.verifier.Verifier;
import org.jetbrains.lincheck.util.LoggingLevel;

/**
 * Lincheck's model checking of a scenario file's tasks, a thread each: exactly that scenario, none that it draws, and
 * as many executions as it is asked for instead of 10,000.
 */
final class LincheckRun {

  private static final int LOOP_ROUNDS_MAX = 1000;
  private static final int ROUNDS_BEFORE_SWITCH = 2;

  private final LincheckSettings settings;
  private final ExecutionScenario scenario;

  /** A run of {@code scenario}, which is of faults and invalidations of scenario zero alone. */
  LincheckRun(Scenario scenario, LincheckSettings settings) {
    this.settings = settings;
    List<List<Actor>> threads = new ArrayList<>();
    int invalidations = 0;
    for (Task task : scenario.tasks()) {
      List<Actor> actors = new ArrayList<>();
      for (Repeated repeated : task.actions()) {
        for (int n = 0; n < repeated.times(); n++) {
          actors.add(repeated.action() instanceof YardstickAction.Invalidate
              ? new Actor(method("invalidate", int.class), List.of(invalidations++))
              : new Actor(method("fault"), List.of()));
        }
      }
      threads.add(actors);
    }
    if (invalidations != ScenarioZero.INVALIDATIONS) {
      throw new IllegalArgumentException(invalidations + " invalidations in " + scenario.name());
    }
    this.scenario = new ExecutionScenario(List.of(), threads, List.of(), null);
  }

  private static Method method(String name, Class<?>... parameters) {
    try {
      return ScenarioZero.class.getMethod(name, parameters);
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whether the race that everybody finds is found within {@code executions}; else Lincheck is blind here. */
  boolean findsTheMutant(int executions) {
    return !complaint(ScenarioZeroMutant.class, LinearizabilityVerifier.class, executions).isEmpty();
  }

  /** Runs the correct text until {@code verifier} throws; yields what Lincheck says is wrong, or "" if it ran out. */
  String run(Class<? extends Verifier> verifier) {
    return complaint(ScenarioZero.class, verifier, Integer.MAX_VALUE);
  }

  private String complaint(Class<?> tested, Class<? extends Verifier> verifier, int executions) {
    ModelCheckingOptions options = new ModelCheckingOptions();
    options.iterations(0).invocationsPerIteration(executions).addCustomScenario(scenario)
        .minimizeFailedScenario(false)
        // It warns of each record component, whose offset it neither gets nor needs.
        .logLevel(LoggingLevel.ERROR)
        .sequentialSpecification(ScenarioZero.Specification.class)
        .verifier(verifier);
    switch (settings) {
      case SHIPPED -> options.loopBound(LOOP_ROUNDS_MAX);
      case FASTEST -> options.loopIterationsBeforeThreadSwitch(ROUNDS_BEFORE_SWITCH);
    }
    try {
      options.check(tested);
      return "";
    } catch (LincheckAssertionError e) {
      return String.valueOf(e.getMessage()).strip();
    }
  }
}
