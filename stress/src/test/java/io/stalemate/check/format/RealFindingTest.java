package io.stalemate.check.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.actors.Worlds;
import io.stalemate.check.CheckReport;
import io.stalemate.check.Claim;
import io.stalemate.check.FoundRace;
import io.stalemate.check.FoundRaces;
import io.stalemate.check.Suite;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.scenario.token.Model;
import io.stalemate.session.Case;
import io.stalemate.session.Explanation;
import io.stalemate.session.Runner;
import io.stalemate.session.Strategies;
import io.stalemate.session.Verdict;
import io.stalemate.strategy.Seeded;
import io.stalemate.strategy.Strategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The formats of findings that were made. */
class RealFindingTest {

  private static FoundRace found(Worlds worlds, int world, String scenario, String race) {
    Case subject = Case.of(new Catalogue().scenario(scenario), true, Optional.empty(), Optional.of(race));
    Runner runner = new Runner(worlds, world, subject);
    Strategy walk = Strategies.of("rnd", runner.stepsExpected());
    for (int index = 0; index < 500; index++) {
      runner.run(walk, Seeded.derive(0x5eed, index));
      if (runner.isFinding()) {
        Explanation explanation = Explanation.shortened(runner, walk, Seeded.derive(0x5eed, index));
        return FoundRaces.of(runner, explanation, Model.builtIn(), "sm1.as.found", "");
      }
    }
    throw new AssertionError(race + " was not found in " + scenario);
  }

  private static CheckReport report() {
    List<Suite> suites = new ArrayList<>();
    String[][] races = {{"yardstick", "no-retry-check"}, {"attr-vs-fault", "private-check-before-seq"}};
    try (Worlds worlds = new Worlds(races.length)) {
      for (String[] each : races) {
        FoundRace race = found(worlds, suites.size(), each[0], each[1]);
        suites.add(new Suite(each[0], "kernel", "", List.of(new Claim(Claim.Kind.ORACLE, race.oracle(),
            Verdict.FINDING, race.what(), race.token(), Optional.of(race))), "", 1, 1));
      }
    }
    return Reports.report(suites, Verdict.FINDING, false);
  }

  @Test
  void theyAreSoundSarifAndLeadFromTheFirstStepToTheRacingAccesses() {
    CheckReport report = report();
    JsonNode run = SarifChecks.sound(Sarif.of(report)).get("runs").get(0);

    for (int i = 0; i < report.suites().size(); i++) {
      FoundRace race = report.suites().get(i).claims().getFirst().race().orElseThrow();
      JsonNode result = run.get("results").get(i);
      assertThat(result.get("codeFlows").get(0).findValues("executionOrder")).hasSameSizeAs(race.steps());
      assertThat(result.get("locations").get(0).get("physicalLocation").get("artifactLocation").get("uri").asString())
          .isEqualTo(race.place().orElseThrow().file());
      long essential = result.findValues("importance").stream().filter(each -> each.asString().equals("essential"))
          .count();
      assertThat(essential).isEqualTo(race.steps().stream().filter(step -> !step.role().isEmpty()).count())
          .isGreaterThanOrEqualTo(2);
      assertThat(result.get("properties").get("replay").asString()).isEqualTo(race.replay());
    }
  }
}
