package io.stalemate.cli;

import io.stalemate.oracle.Finding;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.token.Model;
import io.stalemate.session.Case;
import io.stalemate.session.Explanation;
import io.stalemate.session.Session;
import io.stalemate.session.Tally;
import io.stalemate.session.Verdict;
import io.stalemate.strategy.Schedule;
import io.stalemate.trace.Trace;
import java.util.Optional;
import java.util.function.LongFunction;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What {@code run --json} prints. */
final class RunJson {

  private final Session.Plan plan;
  private final Session.Result result;
  private final Scenario scenario;
  private final LongFunction<String> token;

  /** Of one session; {@code token} yields the token of a run's seed. */
  RunJson(Session.Plan plan, Session.Result result, LongFunction<String> token) {
    this.plan = plan;
    this.result = result;
    this.scenario = plan.subject().scenario();
    this.token = token;
  }

  /** The first finding, explained: its trace and the shortest token that replays it. */
  record Explained(Explanation explanation, Trace trace, String replay) {}

  /** Yields the document. {@code exposure} says what came of the race, if there is one. */
  String text(Model model, Verdict verdict, Exposure exposure, Optional<Explained> first) {
    Json json = new Json();
    Case subject = plan.subject();
    Tally tally = result.tally();
    ObjectNode document = json.document("run")
        .put("scenario", scenario.name())
        .put("system", subject.kernel().system().word())
        .put("era", subject.era())
        .put("race", subject.race().map(race -> race.card().name()).orElse(null))
        .put("strategy", plan.strategy())
        .put("seed", Long.toHexString(plan.seed()))
        .put("model", model.id())
        .put("workers", plan.workers())
        .put("verdict", verdict.name())
        .put("exitCode", result.interrupted() ? ExitCode.INTERRUPTED : verdict.exitCode())
        .put("runs", tally.runs())
        .put("steps", tally.steps())
        .put("events", tally.events())
        .put("boundReached", tally.bounds())
        .put("undecided", tally.undecided())
        .put("nanos", result.nanos());
    RunReport.boundExample(plan, tally).ifPresent(seed -> document.put("boundToken", token.apply(seed)));
    RunReport.undecidedExample(plan, tally)
        .ifPresent(seed -> document.put("undecidedToken", token.apply(seed)));
    if (subject.race().isPresent()) {
      document.put("raceHasEffect", exposure.hasEffect()).put("raceExposed", !result.found().isEmpty());
    }
    determinism(document.putObject("determinism"));
    outcomes(document.putArray("outcomes"));
    ArrayNode goals = document.putArray("goals");
    for (int goal = 0; goal < scenario.goals().size(); goal++) {
      if (scenario.goals().get(goal).systems().contains(subject.kernel().system())) {
        goals.addObject().put("name", scenario.goals().get(goal).name()).put("runs", tally.goal(goal));
      }
    }
    findings(document.putArray("findings"), first);
    return json.text(document);
  }

  private void determinism(ObjectNode node) {
    node.put("checked", result.tally().rechecks()).put("different", result.differed().isPresent() ? 1 : 0);
    result.differed().ifPresent(differed -> node.putObject("first")
        .put("run", differed.index()).put("step", differed.step()).put("token", token.apply(differed.seed())));
  }

  private void outcomes(ArrayNode outcomes) {
    Tally tally = result.tally();
    for (int outcome = 0; outcome < tally.outcomes(); outcome++) {
      if (tally.outcome(outcome) > 0) {
        outcomes.addObject()
            .put("name", scenario.outcomeName(outcome))
            .put("class", scenario.outcomeClass(outcome).word())
            .put("count", tally.outcome(outcome))
            .put("token", RunReport.example(plan, tally, outcome).map(token::apply).orElse(""));
      }
    }
  }

  private void findings(ArrayNode findings, Optional<Explained> first) {
    for (int i = 0; i < result.found().size(); i++) {
      Session.Found found = result.found().get(i);
      ObjectNode node = findings.addObject()
          .put("signature", found.signature().text())
          .put("runs", result.foundCounts().get(i))
          .put("firstRun", found.index())
          .put("token", token.apply(found.seed()));
      if (i == 0) {
        first.ifPresent(explained -> explain(node, explained));
      }
    }
  }

  private static void explain(ObjectNode node, Explained explained) {
    node.put("replay", explained.replay());
    node.put("traceHash", RunReport.hex(explained.explanation().traceHash()));
    Schedule schedule = explained.explanation().recording().schedule();
    ArrayNode switches = node.putArray("schedule");
    for (int i = 0; i < schedule.size(); i++) {
      switches.addObject().put("step", schedule.steps()[i])
          .put("task", explained.trace().taskName(schedule.tasks()[i]));
    }
    ArrayNode reports = node.putArray("reports");
    for (Finding finding : explained.explanation().findings()) {
      reports.addObject().put("oracle", finding.oracle()).put("what", finding.what()).put("rule", finding.rule());
    }
  }
}
