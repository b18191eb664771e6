package io.stalemate.junit;

import io.stalemate.oracle.Finding;
import io.stalemate.session.Verdict;
import java.util.List;

/**
 * What came of a token's schedule.
 *
 * @param token as given
 * @param verdict PASS or FINDING
 * @param findings worst first; empty if the verdict is PASS
 * @param outcome name of the outcome in the scenario's table; empty if the run did not come to its end
 * @param steps number of choices
 * @param traceHash 16 hex digits
 * @param report the splat of the worst finding, or one line
 */
public record Replayed(
    String token, Verdict verdict, List<Finding> findings, String outcome, int steps, String traceHash,
    String report) {

  public Replayed {
    findings = List.copyOf(findings);
  }
}
