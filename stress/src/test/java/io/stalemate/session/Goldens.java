package io.stalemate.session;

import io.stalemate.actors.Worlds;
import io.stalemate.race.Race;
import io.stalemate.race.Races;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.scenario.token.Golden;
import io.stalemate.scenario.token.Model;
import io.stalemate.strategy.Strategy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Which runs the model's fingerprint consists of, and what they come to in this build. */
final class Goldens {

  /** How to write the lists anew; ends the message of every failure that an intended change of the model explains. */
  static final String REWRITE = "If the model was meant to change, regenerate: "
      + "mvn -pl stress -am test -Dtest='GoldenRunsTest,PinnedFindingsTest' -Dsurefire.failIfNoSpecifiedTests=false "
      + "-Dstalemate.golden=write, then build again. The model id changes with the list: tokens of before are refused "
      + "from then on.";

  private static final List<String> STRATEGIES = List.of("rnd", "pct3", "fpct4");
  private static final int SEEDS = 5;
  private static final int SEEDS_WITH_RACE = 2;

  private Goldens() {}

  /** Whether the lists are to be written instead of compared. */
  static boolean isWriting() {
    return "write".equals(System.getProperty("stalemate.golden"));
  }

  /** Writes a file of this checkout. */
  static void write(String pathInCheckout, String text) {
    try {
      Files.createDirectories(path(pathInCheckout).getParent());
      Files.writeString(path(pathInCheckout), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Yields where a file of this checkout is. */
  static Path path(String pathInCheckout) {
    Path module = Path.of(System.getProperty("basedir", System.getProperty("user.dir")));
    return module.resolveSibling("").resolve(pathInCheckout);
  }

  /** Yields the list as this build makes it. */
  static List<Golden> run() {
    List<Case> cases = new ArrayList<>();
    Catalogue catalogue = new Catalogue();
    for (String name : catalogue.names()) {
      Scenario scenario = catalogue.scenario(name);
      scenario.kernels().forEach(kernel -> cases.add(Case.of(scenario, true, kernel, Optional.empty())));
    }
    races().forEach(card -> cases.add(ofRace(card)));
    List<Golden> goldens = new ArrayList<>();
    try (Worlds worlds = new Worlds(cases.size())) {
      for (Case subject : cases) {
        run(new Runner(worlds, cases.indexOf(subject), subject), goldens);
      }
    }
    return goldens;
  }

  /** Yields the races that behave the same from run to run. */
  static List<Race.Card> races() {
    return Races.all().stream().map(Race::card).filter(card -> card.kind() != Race.Kind.CANARY).toList();
  }

  /** Yields a race in the scenario that exposes it soonest. */
  static Case ofRace(Race.Card card) {
    return Case.of(new Catalogue().scenario(card.scenarios().getFirst()), true, Optional.empty(),
        Optional.of(card.name()));
  }

  private static void run(Runner runner, List<Golden> goldens) {
    Case subject = runner.subject();
    int seeds = subject.race().isPresent() ? SEEDS_WITH_RACE : SEEDS;
    for (String name : STRATEGIES) {
      Strategy strategy = Strategies.of(name, runner.stepsExpected());
      for (int seed = 0; seed < seeds; seed++) {
        runner.run(strategy, seed);
        goldens.add(new Golden(
            subject.scenario().name(), subject.overrides(), name, seed, hex(runner.trace().hash())));
      }
    }
  }

  /** Yields the model whose list is {@code goldens}. */
  static Model model(List<Golden> goldens) {
    return Model.parse(Model.text(goldens));
  }

  static String hex(long hash) {
    return String.format("%016x", hash);
  }
}
