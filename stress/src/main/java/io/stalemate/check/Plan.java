package io.stalemate.check;

import java.util.List;

/**
 * What a check does. The same plan gives the same report, but for the times and unless time runs out.
 *
 * @param version of the tool, for the report
 * @param profile its name, for the report
 * @param targets the scenarios, in the order of the report
 * @param tokens pinned ones, all of which are run
 * @param limits for each scenario
 * @param commit id, for the report; empty if there is none
 * @param seed of the portfolio
 * @param nanosMax time after which nothing further is begun but pinned tokens and canaries; {@link Long#MAX_VALUE}
 *     for none
 * @param workers how many suites are run side by side
 * @param skipsInconclusive as {@link CheckReport#skipsInconclusive}
 */
public record Plan(
    String version,
    String profile,
    List<Target> targets,
    List<PinnedToken> tokens,
    Limits limits,
    String commit,
    long seed,
    long nanosMax,
    int workers,
    boolean skipsInconclusive) {

  /** Takes copies. */
  public Plan {
    targets = List.copyOf(targets);
    tokens = List.copyOf(tokens);
  }
}
