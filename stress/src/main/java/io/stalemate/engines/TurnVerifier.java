package io.stalemate.engines;

import org.jetbrains.kotlinx.lincheck.execution.ExecutionResult;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.verifier.LinearizabilityVerifier;
import org.jetbrains.lincheck.datastructures.verifier.Verifier;

/**
 * Lincheck's own verifier, which it calls once after each execution, and the clock beside it: between turns, here,
 * Lincheck stands still. Counts only what was executed to the end and judged. Public, with this constructor, because
 * Lincheck creates it; hence it talks through the process's own streams.
 */
public final class TurnVerifier implements Verifier {

  private final Verifier verifier;
  private final TurnProtocol protocol;
  private long turnNanos;
  private long begun;
  private long cpuBegun;
  private long executions;

  /** Judges by {@code specification}. */
  public TurnVerifier(Class<?> specification) {
    this.verifier = new LinearizabilityVerifier(specification);
    this.protocol = new TurnProtocol(System.in, System.out);
  }

  @Override
  public boolean verifyResults(ExecutionScenario scenario, ExecutionResult results) {
    boolean right = verifier.verifyResults(scenario, results);
    long now = System.nanoTime();
    executions++;
    boolean isFirst = turnNanos == 0;
    if (isFirst || now - begun >= turnNanos) {
      if (!isFirst) {
        protocol.tell(new Engine.Turn(executions, now - begun, CpuTime.nanos() - cpuBegun));
      }
      turnNanos = protocol.awaitTurn();
      executions = 0;
      cpuBegun = CpuTime.nanos();
      begun = System.nanoTime();
    }
    return right;
  }
}
