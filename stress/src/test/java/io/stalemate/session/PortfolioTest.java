package io.stalemate.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.actors.Worlds;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.scenario.token.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PortfolioTest {

  private static final long RUNS = 400;

  /** The tallies of a portfolio of {@code yardstick}, and the tokens of its examples. */
  private static List<String> examples(long seed, long... rounds) {
    Scenario scenario = new Catalogue().scenario("yardstick");
    List<String> examples = new ArrayList<>();
    try (Worlds worlds = new Worlds(3)) {
      List<Runner> runners = new ArrayList<>();
      scenario.kernels().forEach(kernel -> runners.add(
          new Runner(worlds, runners.size(), Case.of(scenario, true, kernel, Optional.empty()))));
      Portfolio portfolio = new Portfolio(runners, seed, () -> false);
      for (long round : rounds) {
        portfolio.run(round);
      }
      assertThat(portfolio.found()).isEmpty();
      assertThat(portfolio.differed()).isEmpty();
      for (Tally tally : portfolio.tallies()) {
        assertThat(tally.runs()).isGreaterThan(RUNS / 3 - 100);
        assertThat(tally.rechecks()).as("the first of each strategy at least").isGreaterThanOrEqualTo(3);
        for (int outcome = 0; outcome < tally.outcomes(); outcome++) {
          portfolio.example(tally.example(outcome)).ifPresent(run ->
              examples.add(run.token(Model.builtIn()).text()));
        }
      }
    }
    return examples;
  }

  @Test
  void theSameSeedGivesTheSameRunsInHoweverManyRounds() {
    List<String> once = examples(1, RUNS);

    assertThat(once).isNotEmpty();
    assertThat(examples(1, 1, 150, RUNS - 151)).isEqualTo(once);
    assertThat(examples(2, RUNS)).isNotEqualTo(once);
  }

  @Test
  void theFirstFindingEndsItAndItsTokenShowsItAgain() {
    try (Worlds worlds = new Worlds(2)) {
      Case racy = Case.of(new Catalogue().scenario("yardstick"), true, Optional.empty(), Optional.of("no-retry-check"));
      Portfolio portfolio = new Portfolio(List.of(new Runner(worlds, 0, racy)), 1, () -> false);
      portfolio.run(RUNS);
      Portfolio.Run found = portfolio.found().orElseThrow();
      assertThat(portfolio.runs()).isLessThan(RUNS);
      long before = portfolio.runs();
      portfolio.run(RUNS);
      assertThat(portfolio.runs()).isEqualTo(before);

      TokenRun again = TokenRun.of(found.token(Model.builtIn()).text(), Optional.empty(), false);
      Runner runner = new Runner(worlds, 1, again.subject());
      runner.run(again.strategy(runner), again.seed());
      assertThat(runner.isFinding()).isTrue();
    }
  }

  @Test
  void itStopsWhenAsked() {
    try (Worlds worlds = new Worlds(1)) {
      int[] asked = new int[1];
      Case clean = Case.of(new Catalogue().scenario("yardstick"), true, Optional.empty(), Optional.empty());
      Portfolio portfolio = new Portfolio(List.of(new Runner(worlds, 0, clean)), 1, () -> ++asked[0] > 10);
      portfolio.run(RUNS);
      assertThat(portfolio.runs()).isEqualTo(10);
    }
  }
}
