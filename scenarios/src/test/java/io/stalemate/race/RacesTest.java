package io.stalemate.race;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.oracle.Finding;
import io.stalemate.oracle.Oracles;
import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.Limits;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.scenario.input.Refused;
import io.stalemate.strategy.Pct;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.strategy.Seeded;
import io.stalemate.strategy.Strategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Execution(ExecutionMode.CONCURRENT)
class RacesTest {

  private static final long SEED = 0x5eed;
  private static final int RUNS_MAX = 20_000;
  /** How long PCT expects a run to be: scenarios differ. */
  private static final int STEPS_OF_SHORT = 120;
  private static final int STEPS_OF_LONG = 500;
  /** Few: many more are run on the actors' engine. */
  private static final int CLEAN_RUNS = 100;

  private final Catalogue catalogue = new Catalogue();

  static Stream<Race> races() {
    return Races.all().stream();
  }

  static Stream<Race> foundByOracles() {
    return races().filter(race -> race.card().kind() != Race.Kind.CANARY);
  }

  @Test
  void namesAreUniqueAndWellFormed() {
    List<String> names = races().map(race -> race.card().name()).toList();
    assertThat(names).doesNotHaveDuplicates().allMatch(name -> Limits.NAME.matcher(name).matches());
  }

  @Test
  void classesBearTheNamesOfTheirRaces() {
    for (Race race : Races.all()) {
      String name = race.getClass().getSimpleName()
          .replaceAll("(?<!^)([A-Z])", "-$1").toLowerCase(Locale.ROOT);
      assertThat(race.card().name()).isEqualTo(name);
    }
  }

  @Test
  void anUnknownNameGetsTheNearest() {
    assertThat(Races.byName("no-retry-check").card().name()).isEqualTo("no-retry-check");
    assertThatThrownBy(() -> Races.byName("no-retri-check")).isInstanceOf(Refused.class)
        .hasMessage("unknown race 'no-retri-check'; did you mean 'no-retry-check'?");
  }

  @ParameterizedTest
  @MethodSource("races")
  void cardsNameScenariosAndErasThatExist(Race race) {
    Race.Card card = race.card();
    assertThat(card.title()).isNotBlank().hasSizeLessThanOrEqualTo(100);
    for (String name : card.scenarios()) {
      Scenario scenario = catalogue.scenario(name);
      List<String> modelled = card.eras().stream().filter(era -> scenario.systems().stream()
          .anyMatch(system -> race.systems().contains(system) && system.eras().contains(era))).toList();
      assertThat(race.kernels(scenario).stream().map(Kernel::era)).as(name).isNotEmpty().containsAll(modelled);
    }
    assertThat(card.scenarios().stream().flatMap(name -> race.kernels(catalogue.scenario(name)).stream())
        .map(Kernel::era)).containsAll(card.eras());
  }

  @Test
  void aRaceIsOfTheSystemsWhoseTextItPatches() {
    assertThat(Races.byName("no-tlb-flush-on-unmap").systems()).contains(SystemUnderTest.KVM_ARM64);
    assertThat(Races.byName("mmio-guard-note-lost").systems()).containsExactly(SystemUnderTest.KVM_ARM64);
    assertThat(Races.byName("slot-deleted-without-zap").systems())
        .containsExactly(SystemUnderTest.KVM_ARM64, SystemUnderTest.KVM_X86);
    assertThat(Races.byName("no-grace-period").systems()).containsExactly(SystemUnderTest.KVM_ARM64);
    assertThat(Races.byName("pkvm-unshare-unchecked").systems()).containsExactly(SystemUnderTest.PKVM);
    assertThat(Races.byName("canary-identity-hash").systems()).containsExactly(SystemUnderTest.YARDSTICK);
  }

  @ParameterizedTest
  @MethodSource("foundByOracles")
  void cardsNameOraclesThatExist(Race race) {
    assertThat(Oracles.names()).contains(race.card().oracle());
  }

  @ParameterizedTest
  @MethodSource("foundByOracles")
  void everyRaceIsFoundByItsOracleOnEachOfItsKernels(Race race) {
    Race.Card card = race.card();
    for (String name : card.scenarios()) {
      Scenario scenario = catalogue.scenario(name);
      for (Kernel kernel : race.kernels(scenario)) {
        assertThat(runsUntilFound(race, scenario, kernel)).as("%s in %s, %s", card.name(), name, kernel.text())
            .isLessThan(RUNS_MAX);
      }
    }
  }

  /** These take turns. */
  private static List<Strategy> strategies() {
    return List.of(new RandomWalk(), new Pct(3, STEPS_OF_SHORT, true), new Pct(3, STEPS_OF_LONG, true));
  }

  private static int runsUntilFound(Race race, Scenario scenario, Kernel kernel) {
    Bench bench = new Bench(scenario, kernel, Optional.of(race));
    List<Strategy> strategies = strategies();
    for (int run = 0; run < RUNS_MAX; run++) {
      for (Finding finding : bench.run(strategies.get(run % strategies.size()), Seeded.derive(SEED, run))) {
        if (finding.oracle().equals(race.card().oracle())) {
          return run;
        }
      }
    }
    return RUNS_MAX;
  }

  @ParameterizedTest
  @MethodSource("races")
  void everyRaceChangesWhatItsScenariosDo(Race race) {
    Race.Card card = race.card();
    for (String name : card.scenarios()) {
      Scenario scenario = catalogue.scenario(name);
      for (Kernel kernel : race.kernels(scenario)) {
        assertThat(runsUntilDifferent(race, scenario, kernel)).as("%s in %s, %s", card.name(), name, kernel.text())
            .isLessThan(RUNS_MAX);
      }
    }
  }

  private static int runsUntilDifferent(Race race, Scenario scenario, Kernel kernel) {
    Bench correct = new Bench(scenario, kernel, Optional.empty());
    Bench patched = new Bench(scenario, kernel, Optional.of(race));
    List<Strategy> strategies = strategies();
    for (int run = 0; run < RUNS_MAX; run++) {
      correct.run(strategies.get(run % strategies.size()), Seeded.derive(SEED, run));
      patched.run(strategies.get(run % strategies.size()), Seeded.derive(SEED, run));
      if (correct.traceHash() != patched.traceHash()) {
        return run;
      }
    }
    return RUNS_MAX;
  }

  private static List<Long> hashes(Bench bench) {
    Strategy strategy = new RandomWalk();
    List<Long> hashes = new ArrayList<>();
    for (int run = 0; run < 50; run++) {
      bench.run(strategy, Seeded.derive(SEED, run));
      hashes.add(bench.traceHash());
    }
    return hashes;
  }

  @Test
  void nothingIsFoundWithoutARace() {
    for (String name : catalogue.names()) {
      Scenario scenario = catalogue.scenario(name);
      for (Kernel kernel : scenario.kernels()) {
        Bench bench = new Bench(scenario, kernel, Optional.empty());
        for (Strategy strategy : List.of(new RandomWalk(), new Pct(4, STEPS_OF_SHORT, true))) {
          for (int run = 0; run < CLEAN_RUNS; run++) {
            assertThat(bench.run(strategy, Seeded.derive(SEED, run))).as("%s, %s, run %s", name, kernel.text(), run)
                .isEmpty();
          }
        }
      }
    }
  }

  @Test
  void theCanaryRunsDifferentlyEachTimeAndNobodyElseDoes() {
    Scenario yardstick = catalogue.scenario("yardstick");
    Kernel kernel = yardstick.kernel(yardstick.system());
    Bench canary = new Bench(yardstick, kernel, Optional.of(Races.byName("canary-identity-hash")));
    assertThat(hashes(canary)).isNotEqualTo(hashes(canary));
    Bench correct = new Bench(yardstick, kernel, Optional.empty());
    assertThat(hashes(correct)).isEqualTo(hashes(correct));
  }
}
