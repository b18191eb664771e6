package io.stalemate.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.actors.Worlds;
import io.stalemate.check.PinnedToken;
import io.stalemate.check.PinnedTokens;
import io.stalemate.race.Race;
import io.stalemate.scenario.token.Deviation;
import io.stalemate.scenario.token.Model;
import io.stalemate.scenario.token.ScheduleToken;
import io.stalemate.scenario.token.SeedToken;
import io.stalemate.scenario.token.Token;
import io.stalemate.strategy.Recording;
import io.stalemate.strategy.Schedule;
import io.stalemate.strategy.Seeded;
import io.stalemate.strategy.Strategy;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** One finding of every known race, kept as a token, still shows, with the same trace and by the same oracle. */
class PinnedFindingsTest {

  private static final String LIST = "stress/src/main/resources/io/stalemate/check/known-races.tokens";
  private static final String CLEAN = "stress/src/test/resources/tokens/correct-text.tokens";
  private static final String CLEAN_HEADER = "# The schedules that show the known races, as far as the correct text "
      + "can follow them. PinnedFindingsTest writes this list.";
  private static final String HEADER = "# A finding of every known race, by the oracle named, with its trace hash. "
      + "PinnedFindingsTest writes this list.";
  private static final long SEED = 0x5eed;
  private static final long RUNS_MAX = 100_000;
  private static final List<String> STRATEGIES = List.of("rnd", "pct3");

  @Test
  void everyPinnedFindingShowsAgain() {
    if (Goldens.isWriting()) {
      write();
      return;
    }
    List<PinnedToken> pins = PinnedTokens.builtIn(Model.builtIn());
    assertThat(pins.stream().map(pin -> pin.run().subject().race().orElseThrow().card().name()).toList())
        .as("races in %s. %s", LIST, Goldens.REWRITE)
        .isEqualTo(Goldens.races().stream().map(Race.Card::name).toList());
    try (Worlds worlds = new Worlds(1)) {
      for (PinnedToken pin : pins) {
        String token = pin.run().token().text();
        assertThat(replayed(pin.run(), worlds)).as("%s, %s. %s", LIST, pin.place().text(), Goldens.REWRITE)
            .isEqualTo(PinnedToken.line(pin.verdict(), pin.oracle(), token, pin.hash()));
      }
    }
  }

  @Test
  void theSchedulesThatShowThemAreCleanOnTheCorrectText() throws IOException {
    if (Goldens.isWriting()) {
      return;
    }
    try (Worlds worlds = new Worlds(1)) {
      List<TokenRun> pins = PinnedTokens.builtIn(Model.builtIn()).stream().map(PinnedToken::run).toList();
      assertThat(Files.readString(Goldens.path(CLEAN))).as("%s. %s", CLEAN, Goldens.REWRITE)
          .isEqualTo(clean(pins, Model.builtIn(), worlds)).contains("PASS sx1.").doesNotContain("FINDING");
    }
  }

  /** Yields the list of what the schedules of {@code findings} come to without their races. */
  static String clean(List<TokenRun> findings, Model model, Worlds worlds) {
    LinkedHashSet<String> lines = new LinkedHashSet<>(List.of(CLEAN_HEADER));
    for (TokenRun finding : findings) {
      Case subject = finding.subject().withoutRace();
      Runner runner = new Runner(worlds, 0, subject);
      Recording followed = new Recording(finding.strategy(runner));
      runner.run(followed, finding.seed());
      Schedule schedule = followed.schedule();
      List<Deviation> deviations = new ArrayList<>();
      for (int i = 0; i < schedule.size(); i++) {
        deviations.add(new Deviation(schedule.steps()[i], schedule.tasks()[i]));
      }
      ScheduleToken.of(subject.scenario().name(), subject.overrides(), model.id(), deviations)
          .ifPresent(token -> lines.add(PinnedToken.line(runner.isFinding() ? Verdict.FINDING : Verdict.PASS,
              Optional.empty(), token.text(), Optional.of(Goldens.hex(runner.trace().hash())))));
    }
    return String.join("\n", lines) + "\n";
  }

  private static String replayed(TokenRun run, Worlds worlds) {
    Runner runner = new Runner(worlds, 0, run.subject());
    runner.run(run.strategy(runner), run.seed());
    return line(runner.isFinding() ? runner.findings().getFirst().oracle() : "none", run.token(),
        runner.trace().hash());
  }

  private static String line(String oracle, Token token, long hash) {
    return PinnedToken.line(Verdict.FINDING, Optional.of(oracle), token.text(), Optional.of(Goldens.hex(hash)));
  }

  /** Finds every race again, by random walk or else PCT, and runs the same on the correct text. */
  private static void write() {
    Model model = Goldens.model(Goldens.run());
    List<String> lines = new ArrayList<>(List.of(HEADER));
    List<TokenRun> findings = new ArrayList<>();
    try (Worlds worlds = new Worlds(1)) {
      for (Race.Card card : Goldens.races()) {
        Case subject = Goldens.ofRace(card);
        Optional<SeedToken> found = Optional.empty();
        for (int i = 0; i < STRATEGIES.size() && found.isEmpty(); i++) {
          found = search(new Runner(worlds, 0, subject), STRATEGIES.get(i), model);
        }
        SeedToken seeded = found.orElseThrow(() -> new AssertionError(
            card.name() + " was not found within " + RUNS_MAX + " runs of " + STRATEGIES));
        Runner runner = new Runner(worlds, 0, subject);
        Explanation shortened = Explanation.shortened(
            runner, Strategies.of(seeded.strategy(), runner.stepsExpected()), seeded.seed());
        lines.add(line(shortened.findings().getFirst().oracle(),
            shortened.token(subject, model).orElse(seeded), shortened.traceHash()));
        findings.add(new TokenRun(subject, shortened.token(subject, model).orElse(seeded)));
      }
      Goldens.write(CLEAN, clean(findings, model, worlds));
    }
    Goldens.write(LIST, String.join("\n", lines) + "\n");
  }

  private static Optional<SeedToken> search(Runner runner, String name, Model model) {
    Case subject = runner.subject();
    Strategy strategy = Strategies.of(name, runner.stepsExpected());
    for (long index = 0; index < RUNS_MAX; index++) {
      long seed = Seeded.derive(SEED, index);
      runner.run(strategy, seed);
      if (runner.isFinding()) {
        return Optional.of(new SeedToken(subject.scenario().name(), subject.overrides(), name, seed, model.id()));
      }
    }
    return Optional.empty();
  }
}
