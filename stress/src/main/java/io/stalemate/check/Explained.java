package io.stalemate.check;

import io.stalemate.oracle.Finding;
import io.stalemate.scenario.token.Deviation;
import io.stalemate.scenario.token.Model;
import io.stalemate.scenario.token.ScheduleToken;
import io.stalemate.scenario.token.Token;
import io.stalemate.session.Case;
import io.stalemate.session.Explanation;
import io.stalemate.session.Portfolio;
import io.stalemate.session.Runner;
import io.stalemate.session.Search;
import io.stalemate.session.Strategies;
import io.stalemate.strategy.Replay;
import io.stalemate.strategy.Schedule;
import io.stalemate.strategy.Strategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What was found in a suite's runs, shortened.
 *
 * @param race the worst finding of the run, if there was a run with one that shows again
 * @param findings all of that run, worst first
 * @param lost token of a run whose finding did not show again when it was repeated
 */
record Explained(Optional<FoundRace> race, List<Finding> findings, Optional<String> lost) {

  private static final Explained NOTHING = new Explained(Optional.empty(), List.of(), Optional.empty());

  /** Repeats and shortens the first run with a finding, if there was one. */
  static Explained of(Runner own, Search.Result searched, Portfolio portfolio, Model model, String fileOption) {
    if (searched.found().isPresent()) {
      Schedule schedule = searched.found().get();
      return of(own, new Replay(schedule), 0, model, token(own.subject(), schedule, model), fileOption);
    }
    return portfolio.found().map(run -> of(run.runner(), Strategies.of(run.strategy(), run.runner().stepsExpected()),
        run.seed(), model, run.token(model).text(), fileOption)).orElse(NOTHING);
  }

  private static Explained of(
      Runner runner, Strategy strategy, long seed, Model model, String asFound, String fileOption) {
    Explanation explanation = Explanation.shortened(runner, strategy, seed);
    return explanation.findings().isEmpty()
        ? new Explained(Optional.empty(), List.of(), Optional.of(asFound))
        : new Explained(Optional.of(FoundRaces.of(runner, explanation, model, asFound, fileOption)),
            explanation.findings(), Optional.empty());
  }

  /** Yields the token of a schedule; empty if it would be too long for one. */
  static String token(Case subject, Schedule schedule, Model model) {
    List<Deviation> deviations = new ArrayList<>();
    for (int i = 0; i < schedule.size(); i++) {
      deviations.add(new Deviation(schedule.steps()[i], schedule.tasks()[i]));
    }
    return ScheduleToken.of(subject.scenario().name(), subject.overrides(), model.id(), deviations)
        .map(Token::text).orElse("");
  }
}
