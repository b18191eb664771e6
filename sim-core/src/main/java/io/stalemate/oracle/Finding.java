package io.stalemate.oracle;

import java.util.List;

/**
 * Harm that an oracle recognised in a run.
 *
 * @param oracle name of the oracle
 * @param severity how bad it is: findings of one run are shown worst first
 * @param what the harm in one line, with gfns and pfns in hexadecimal
 * @param rule the rule that was broken, in one line
 * @param evidence the events that led to it, the two racing accesses first; never empty
 * @param notes further lines: the value change, sequence numbers, who held what
 */
public record Finding(
    String oracle, Severity severity, String what, String rule, List<Evidence> evidence, List<String> notes) {

  /** Takes copies and checks that there is evidence. */
  public Finding {
    evidence = List.copyOf(evidence);
    notes = List.copyOf(notes);
    if (evidence.isEmpty()) {
      throw new IllegalArgumentException("a finding names the events that led to it");
    }
  }
}
