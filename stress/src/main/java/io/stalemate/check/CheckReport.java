package io.stalemate.check;

import io.stalemate.session.Verdict;
import java.util.List;

/**
 * What a check came to. The same commit, model and profile give the same report, but for the times.
 *
 * @param version of the tool
 * @param model id of the model
 * @param profile its name
 * @param commit the commit id that the portfolio is seeded from; empty if there was none
 * @param seed of the portfolio
 * @param suites one for the pinned tokens, one for each scenario in the order asked for, one for the canaries
 * @param verdict the worst of all claims
 * @param schedules number of runs in all
 * @param nanos wall time
 * @param skipsInconclusive whether INCONCLUSIVE is not to fail a build: shown as skipped where there is such a thing
 */
public record CheckReport(
    String version,
    String model,
    String profile,
    String commit,
    long seed,
    List<Suite> suites,
    Verdict verdict,
    long schedules,
    long nanos,
    boolean skipsInconclusive) {}
