package io.stalemate.lincheck;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionResult;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.verifier.LinearizabilityVerifier;
import org.jetbrains.lincheck.datastructures.verifier.Verifier;

/**
 * Lincheck's own verifier, which counts what it judges: Lincheck itself does not say how many executions it made.
 * Public, with this constructor, because Lincheck creates it.
 */
public final class Executions implements Verifier {

  private static final AtomicLong JUDGED = new AtomicLong();
  // How many each scenario got, since they were forgotten last: Lincheck takes one scenario after the other.
  private static final List<ExecutionScenario> SCENARIOS = new ArrayList<>();
  private static final List<Long> COUNTS = new ArrayList<>();

  private final Verifier verifier;

  /** Judges by {@code specification}. */
  public Executions(Class<?> specification) {
    verifier = new LinearizabilityVerifier(specification);
  }

  /** How many executions this JVM has judged so far; tests run one after the other. */
  static long judged() {
    return JUDGED.get();
  }

  /** Forgets what single scenarios got so far. */
  static synchronized void forgetScenarios() {
    SCENARIOS.clear();
    COUNTS.clear();
  }

  /** How many executions of each scenario were judged, in their order, since {@link #forgetScenarios}. */
  static synchronized List<Long> ofScenarios() {
    return List.copyOf(COUNTS);
  }

  private static synchronized void count(ExecutionScenario scenario) {
    JUDGED.incrementAndGet();
    int last = SCENARIOS.size() - 1;
    if (last >= 0 && SCENARIOS.get(last) == scenario) {
      COUNTS.set(last, COUNTS.get(last) + 1);
    } else {
      SCENARIOS.add(scenario);
      COUNTS.add(1L);
    }
  }

  @Override
  public boolean verifyResults(ExecutionScenario scenario, ExecutionResult results) {
    count(scenario);
    return verifier.verifyResults(scenario, results);
  }
}
