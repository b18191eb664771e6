package io.stalemate.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.actors.Worlds;
import io.stalemate.race.Race;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.scenario.token.Deviation;
import io.stalemate.scenario.token.Model;
import io.stalemate.scenario.token.ScheduleToken;
import io.stalemate.scenario.token.SeedToken;
import io.stalemate.scenario.token.Token;
import io.stalemate.strategy.Replay;
import io.stalemate.strategy.Schedule;
import io.stalemate.strategy.Seeded;
import io.stalemate.strategy.Strategy;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** One finding of every known race, kept as a token, still shows, with the same trace and by the same oracle. */
class PinnedFindingsTest {

  private static final String LIST = "stress/src/test/resources/findings.tsv";
  private static final String HEADER = "race\toracle\ttoken\ttracehash";
  private static final long SEED = 0x5eed;
  private static final long RUNS_MAX = 100_000;
  private static final List<String> STRATEGIES = List.of("rnd", "pct3");

  @Test
  void everyPinnedFindingShowsAgain() throws IOException {
    if (Goldens.isWriting()) {
      Goldens.write(LIST, search());
      return;
    }
    List<String> pins = pins();
    assertThat(pins.stream().map(pin -> pin.substring(0, pin.indexOf('\t'))).toList())
        .as("races in %s. %s", LIST, Goldens.REWRITE)
        .isEqualTo(Goldens.races().stream().map(Race.Card::name).toList());
    try (Worlds worlds = new Worlds(pins.size())) {
      for (String pin : pins) {
        assertThat(replayed(pin, worlds, pins.indexOf(pin))).as("%s. %s", LIST, Goldens.REWRITE).isEqualTo(pin);
      }
    }
  }

  private static List<String> pins() throws IOException {
    try (InputStream in = PinnedFindingsTest.class.getResourceAsStream("/findings.tsv")) {
      assertThat(in).as("%s. %s", LIST, Goldens.REWRITE).isNotNull();
      List<String> lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
      assertThat(lines.getFirst()).isEqualTo(HEADER);
      return lines.subList(1, lines.size());
    }
  }

  private static String replayed(String pin, Worlds worlds, int world) {
    String[] fields = pin.split("\t", -1);
    Token token = Token.parse(fields[2]);
    assertThat(token.model()).as("model of %s. %s", LIST, Goldens.REWRITE).isEqualTo(Model.builtIn().id());
    Runner runner = new Runner(worlds, world, Case.of(token, new Catalogue(), Optional.empty()));
    Strategy strategy = switch (token) {
      case SeedToken seeded -> Strategies.of(seeded.strategy(), runner.stepsExpected());
      case ScheduleToken scheduled -> new Replay(new Schedule(
          scheduled.deviations().stream().mapToInt(Deviation::step).toArray(),
          scheduled.deviations().stream().mapToInt(Deviation::task).toArray()));
    };
    runner.run(strategy, token instanceof SeedToken seeded ? seeded.seed() : 0);
    return line(fields[0], runner.isFinding() ? runner.findings().getFirst().oracle() : "none", token,
        runner.trace().hash());
  }

  private static String line(String race, String oracle, Token token, long hash) {
    return String.join("\t", race, oracle, token.text(), Goldens.hex(hash));
  }

  /** Finds every race again, by random walk or else PCT. */
  private static String search() {
    Model model = Goldens.model(Goldens.run());
    List<String> lines = new ArrayList<>(List.of(HEADER));
    try (Worlds worlds = new Worlds(Goldens.races().size() * (STRATEGIES.size() + 1))) {
      int world = 0;
      for (Race.Card card : Goldens.races()) {
        Case subject = Goldens.ofRace(card);
        Optional<SeedToken> found = Optional.empty();
        for (int i = 0; i < STRATEGIES.size() && found.isEmpty(); i++) {
          found = search(new Runner(worlds, world++, subject), STRATEGIES.get(i), model);
        }
        SeedToken seeded = found.orElseThrow(() -> new AssertionError(
            card.name() + " was not found within " + RUNS_MAX + " runs of " + STRATEGIES));
        Runner runner = new Runner(worlds, world++, subject);
        Explanation shortened = Explanation.shortened(
            runner, Strategies.of(seeded.strategy(), runner.stepsExpected()), seeded.seed());
        lines.add(line(card.name(), shortened.findings().getFirst().oracle(),
            shortened.token(subject, model).orElse(seeded), shortened.traceHash()));
      }
    }
    return String.join("\n", lines) + "\n";
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
