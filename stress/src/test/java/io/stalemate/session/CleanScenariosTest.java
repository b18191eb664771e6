package io.stalemate.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.actors.Worlds;
import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.OutcomeClass;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.file.Catalogue;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The correct model raises no alarm, in any era. CI adds a million schedules of each scenario's own era. */
class CleanScenariosTest {

  private static final long RUNS = 600;
  private static final int WORKERS = 2;

  static List<String> names() {
    return new Catalogue().names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void noEraHasAFindingABoundReachedOrAnOutcomeUnforeseen(String name) {
    Scenario scenario = new Catalogue().scenario(name);
    for (Kernel kernel : scenario.kernels()) {
      for (String strategy : List.of("rnd", "pct3")) {
        Session.Result result = run(scenario, kernel, strategy);
        String which = name + " " + kernel.text() + " " + strategy;
        assertThat(result.found()).as(which).isEmpty();
        assertThat(result.differed()).as(which).isEmpty();
        assertThat(result.tally().runs()).as(which).isEqualTo(RUNS);
        assertThat(result.tally().bounds()).as(which + ": runs that reached the bound").isZero();
        for (int outcome = 0; outcome < result.tally().outcomes(); outcome++) {
          if (scenario.outcomeClass(outcome) == OutcomeClass.UNKNOWN) {
            assertThat(result.tally().outcome(outcome)).as(which + ": " + scenario.outcomeName(outcome)).isZero();
          }
        }
      }
    }
  }

  private static Session.Result run(Scenario scenario, Kernel kernel, String strategy) {
    Case subject = Case.of(scenario, true, kernel, Optional.empty());
    try (Worlds worlds = new Worlds(WORKERS)) {
      return new Session(new Session.Plan(subject, strategy, 3, RUNS, Long.MAX_VALUE, WORKERS, true)).run(worlds);
    }
  }

  @Test
  void thereAreScenariosToBeCleanIn() {
    assertThat(names()).contains("yardstick", "fault-vs-invalidate", "fault-vs-migration", "fault-vs-slot-delete",
        "slot-swap-vs-notifier", "two-vcpus-one-page");
  }
}
