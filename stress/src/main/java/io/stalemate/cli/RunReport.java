package io.stalemate.cli;

import io.stalemate.scenario.Goal;
import io.stalemate.scenario.OutcomeClass;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.token.Model;
import io.stalemate.scenario.token.SeedToken;
import io.stalemate.scenario.token.Token;
import io.stalemate.session.Case;
import io.stalemate.session.Explanation;
import io.stalemate.session.Runner;
import io.stalemate.session.Session;
import io.stalemate.session.Tally;
import io.stalemate.session.Verdict;
import io.stalemate.strategy.Seeded;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What {@code run} says when it is over: the splat of the first finding, the outcome table, the goals, the verdict. */
final class RunReport {

  private final GlobalOptions global;
  private final Session.Plan plan;
  private final Case subject;
  private final Scenario scenario;
  private final Model model;
  private final Session.Result result;
  private final Exposure exposure;
  private final String fileOption;
  private @Nullable Explanation explanation;
  private @Nullable Runner runner;

  /**
   * A report of {@code result}; {@code raceHasEffect} says whether the race, if any, changes what runs do, and {@code
   * fileOption} is what tokens need besides, as {@link Subject#fileOption} yields it.
   */
  RunReport(GlobalOptions global, Session.Plan plan, Model model, Session.Result result, boolean raceHasEffect,
      String fileOption) {
    this.global = global;
    this.plan = plan;
    this.subject = plan.subject();
    this.scenario = subject.scenario();
    this.model = model;
    this.result = result;
    this.exposure = new Exposure(plan, result, raceHasEffect);
    this.fileOption = fileOption;
  }

  /** The first finding, explained; its trace is in {@code at}. */
  void explain(Runner at, Explanation found) {
    runner = at;
    explanation = found;
  }

  Verdict verdict() {
    if (result.differed().isPresent() || isLost()) {
      return Verdict.NONDETERMINISM;
    }
    if (!result.found().isEmpty()) {
      return Verdict.FINDING;
    }
    return isConclusive() ? Verdict.PASS : Verdict.INCONCLUSIVE;
  }

  /** Whether the first finding did not show when its run was repeated. */
  private boolean isLost() {
    return explanation != null && explanation.findings().isEmpty();
  }

  private boolean isConclusive() {
    Tally tally = result.tally();
    boolean conclusive = tally.bounds() == 0 && tally.undecided() == 0 && !result.interrupted() && !exposure.isIdle()
        && !exposure.isMissed();
    for (int outcome = 0; outcome < tally.outcomes(); outcome++) {
      conclusive &= tally.outcome(outcome) == 0 || scenario.outcomeClass(outcome) != OutcomeClass.UNKNOWN;
    }
    for (int goal = 0; goal < scenario.goals().size(); goal++) {
      conclusive &= tally.goal(goal) > 0 || !isWanted(scenario.goals().get(goal));
    }
    return conclusive;
  }

  private boolean isWanted(Goal goal) {
    return goal.systems().contains(subject.kernel().system());
  }

  void print() {
    if (global.json()) {
      Optional<RunJson.Explained> first = explanation == null || runner == null || isLost()
          ? Optional.empty()
          : Optional.of(new RunJson.Explained(explanation, runner.trace(), replayToken()));
      global.out().println(new RunJson(plan, result, this::seedToken).text(model, verdict(), exposure, first));
      return;
    }
    boolean splat = explanation != null && !isLost() && !global.quiet();
    if (splat && runner != null) {
      global.err().print(new Drawing(global, runner, explanation()).splat(foundLine(), handles()));
      global.err().flush();
    }
    // Whoever keeps only stdout wants the command there; whoever looks at both has just read it.
    printSummary(splat && GlobalOptions.isTerminal());
  }

  private String foundLine() {
    return String.format(Locale.ROOT, "found in run %,d (%s), %s", result.found().getFirst().index() + 1,
        plan.strategy(), explanation().shortening());
  }

  private Map<String, String> handles() {
    Map<String, String> handles = new LinkedHashMap<>();
    handles.put("replay", replayCommand());
    handles.put("show", replayCommand().replaceFirst("replay", "show"));
    handles.put("as found", seedToken(result.found().getFirst().seed()));
    return handles;
  }

  private Explanation explanation() {
    if (explanation == null) {
      throw new IllegalStateException("nothing was explained");
    }
    return explanation;
  }

  /** Yields the shortest token that replays the explained finding. */
  private String replayToken() {
    Optional<Token> token = explanation().token(subject, model);
    return token.map(Token::text).orElseGet(() -> seedToken(result.found().getFirst().seed()));
  }

  private String replayCommand() {
    return "stalemate replay " + replayToken() + fileOption;
  }

  private String seedToken(long seed) {
    return new SeedToken(scenario.name(), subject.overrides(), plan.strategy(), seed, model.id()).text();
  }

  /** {@code seen}: whether the reader has just seen the splat, which ends with what to type next. */
  private void printSummary(boolean seen) {
    line("%s%s, %s: %s · model %s", scenario.name(),
        subject.race().map(race -> " with race " + race.card().name()).orElse(""),
        subject.kernelText(), scenario.title(), model.id());
    if (!exposure.isIdle()) {
      printRuns(seen);
    }
    if (exposure.isIdle() || exposure.isMissed()) {
      line("%s", exposure.text());
    }
    line("verdict %s%s", verdict(), why());
  }

  private void printRuns(boolean seen) {
    Tally tally = result.tally();
    double seconds = result.nanos() / 1e9;
    line("%,d runs, %,d steps in %.1f s (%,.0f runs/s, %d workers) · %s · seed %s · determinism %,d/%,d",
        tally.runs(), tally.steps(), seconds, tally.runs() / Math.max(seconds, 1e-9), plan.workers(), plan.strategy(),
        Long.toHexString(plan.seed()), tally.rechecks(),
        tally.rechecks() + (result.differed().isPresent() ? 1 : 0));
    line("");
    line("%-44s %11s %8s  %-12s %s", "outcome", "count", "share", "class", "example");
    for (int outcome = 0; outcome < tally.outcomes(); outcome++) {
      if (tally.outcome(outcome) > 0) {
        printOutcome(scenario.outcomeName(outcome), tally.outcome(outcome),
            scenario.outcomeClass(outcome).word(), example(plan, tally, outcome).map(this::seedToken).orElse(""));
      }
    }
    if (tally.bounds() > 0) {
      printOutcome("bound of " + scenario.stepsMax() + " steps reached", tally.bounds(), "unknown",
          boundExample(plan, tally).map(this::seedToken).orElse(""));
    }
    if (tally.undecided() > 0) {
      printOutcome("history too hard to judge", tally.undecided(), "unknown",
          undecidedExample(plan, tally).map(this::seedToken).orElse(""));
    }
    if (!result.found().isEmpty()) {
      line("");
      for (int i = 0; i < result.found().size(); i++) {
        Session.Found found = result.found().get(i);
        line("finding %s: %,d of %,d runs, first %s", found.signature().text(), result.foundCounts().get(i),
            tally.runs(), seedToken(found.seed()));
      }
    }
    printGoals();
    result.differed().ifPresent(differed -> line("run %,d came out differently when repeated, from step %d on: %s",
        differed.index() + 1, differed.step(), seedToken(differed.seed())));
    if (isLost()) {
      line("the first finding did not show again when its run was repeated");
    } else if (explanation != null && !seen) {
      line("replay   %s", replayCommand());
      line("show     %s", replayCommand().replaceFirst("replay", "show"));
    }
  }

  private void printOutcome(String name, long count, String grade, String example) {
    line("%-44s %,11d %8s  %-12s %s", name, count, share(count, result.tally().runs()),
        grade.equals("forbidden") ? "FORBIDDEN" : grade, example);
  }

  /** Yields the share of {@code count} in {@code runs}, in percent. */
  static String share(long count, long runs) {
    double share = 100.0 * count / Math.max(1, runs);
    return share < 0.01 ? "<0.01%" : String.format(Locale.ROOT, "%.2f%%", share);
  }

  /** Yields the seed of the first run with outcome {@code outcome}. */
  static Optional<Long> example(Session.Plan plan, Tally tally, int outcome) {
    return seedOf(plan, tally.example(outcome));
  }

  /** Yields the seed of the first run that ended at the bound on steps. */
  static Optional<Long> boundExample(Session.Plan plan, Tally tally) {
    return seedOf(plan, tally.boundExample());
  }

  /** Yields the seed of the first run with a history that was too hard to judge. */
  static Optional<Long> undecidedExample(Session.Plan plan, Tally tally) {
    return seedOf(plan, tally.undecidedExample());
  }

  private static Optional<Long> seedOf(Session.Plan plan, long index) {
    return index == Tally.NONE ? Optional.empty() : Optional.of(Seeded.derive(plan.seed(), index));
  }

  private void printGoals() {
    List<Goal> goals = scenario.goals();
    if (goals.isEmpty()) {
      line("no goals were given");
      return;
    }
    int reached = 0;
    int wanted = 0;
    for (int goal = 0; goal < goals.size(); goal++) {
      wanted += isWanted(goals.get(goal)) ? 1 : 0;
      reached += isWanted(goals.get(goal)) && result.tally().goal(goal) > 0 ? 1 : 0;
    }
    line("goals reached %d/%d", reached, wanted);
    for (int goal = 0; goal < goals.size(); goal++) {
      if (isWanted(goals.get(goal)) && result.tally().goal(goal) == 0) {
        line("  never reached: %s  (%s)", goals.get(goal).name(), goals.get(goal).text());
      }
    }
  }

  private String why() {
    if (verdict() != Verdict.INCONCLUSIVE) {
      return "";
    }
    if (result.interrupted()) {
      return " (interrupted)";
    }
    if (exposure.isIdle()) {
      return " (nothing was put to the test: see above)";
    }
    if (exposure.isMissed()) {
      return " (the race was not exposed: see above)";
    }
    return " (a goal was not reached, an outcome was not foreseen, the bound on steps was hit, or a history was"
        + " too hard to judge: see above)";
  }

  private void line(String format, Object... values) {
    global.out().println(String.format(Locale.ROOT, format, values));
  }

  static String hex(long hash) {
    String digits = Long.toHexString(hash);
    return "0".repeat(16 - digits.length()) + digits;
  }
}
