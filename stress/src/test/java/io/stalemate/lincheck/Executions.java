package io.stalemate.lincheck;

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

  private final Verifier verifier;

  /** Judges by {@code specification}. */
  public Executions(Class<?> specification) {
    verifier = new LinearizabilityVerifier(specification);
  }

  /** How many executions this JVM has judged so far; tests run one after the other. */
  static long judged() {
    return JUDGED.get();
  }

  @Override
  public boolean verifyResults(ExecutionScenario scenario, ExecutionResult results) {
    JUDGED.incrementAndGet();
    return verifier.verifyResults(scenario, results);
  }
}
