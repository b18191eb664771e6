package io.stalemate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class RunCommandTest {

  @Test
  void theCorrectModelPasses() {
    Cli run = Cli.expect(ExitCode.PASS, "run", "yardstick", "--runs", "2000");
    assertThat(run.out()).contains("2,000 runs").contains("verdict PASS").doesNotContain("never reached");
    assertThat(run.err()).isEmpty();
  }

  @Test
  void aRacePrintsSplatAndToken() {
    Cli run = Cli.expect(ExitCode.FINDING, "run", "yardstick", "--race", "no-retry-check");
    assertThat(run.err()).contains("BUG: stalemate: stale-translation").contains("stalemate replay sx1.yardstick,");
    assertThat(run.replayToken()).startsWith("sx1.yardstick,race=no-retry-check.");
    assertThat(run.out()).contains("verdict FINDING");
  }

  @Test
  void theSplatSaysHowItsScheduleCameAbout() {
    Cli kept = Cli.expect(ExitCode.FINDING, "run", "yardstick", "--race", "no-retry-check");
    assertThat(kept.err()).containsPattern("found in run 1 \\(rnd\\), \\d+ switches shortened to 2\n");
    Cli other = Cli.expect(ExitCode.FINDING, "run", "attr-vs-fault", "--race", "private-check-before-seq");
    assertThat(other.err()).containsPattern(
        "found in run \\d+ \\(rnd\\), \\d+ switches; a shorter schedule with [1-4] switch(es)? shows the same\n");
  }

  @Test
  void whoeverKeepsOnlyOneStreamHasTheCommandInIt() {
    Cli loud = Cli.expect(ExitCode.FINDING, "run", "yardstick", "--race", "no-retry-check");
    Cli quiet = Cli.expect(ExitCode.FINDING, "run", "yardstick", "--race", "no-retry-check", "--quiet");
    assertThat(loud.err()).containsOnlyOnce("stalemate replay ").containsOnlyOnce("stalemate show ");
    assertThat(loud.out()).containsOnlyOnce("stalemate replay ").containsOnlyOnce("stalemate show ");
    assertThat(quiet.out()).containsOnlyOnce("stalemate replay ").containsOnlyOnce("stalemate show ");
    assertThat(quiet.err()).isEmpty();
  }

  @Test
  void aRaceThatChangesNothingIsNoPass() {
    Cli run = Cli.expect(ExitCode.INCONCLUSIVE,
        "run", "fault-vs-invalidate", "--race", "no-grace-period", "--runs", "2000");
    assertThat(run.out()).contains("race no-grace-period changes nothing here", "it shows in fault-vs-slot-delete");
    JsonNode idle = Cli.expect(ExitCode.INCONCLUSIVE,
        "run", "fault-vs-invalidate", "--race", "no-grace-period", "--runs", "2000", "--json").json();
    assertThat(idle.get("raceHasEffect").asBoolean()).isFalse();
    assertThat(idle.get("raceExposed").asBoolean()).isFalse();
    JsonNode found = Cli.expect(ExitCode.FINDING,
        "run", "fault-vs-slot-delete", "--race", "no-grace-period", "--json", "--quiet").json();
    assertThat(found.get("raceHasEffect").asBoolean()).isTrue();
    assertThat(found.get("raceExposed").asBoolean()).isTrue();
  }

  @Test
  void aRaceThatChangesNothingIsSaidWithoutRuns() {
    Cli run = Cli.expect(ExitCode.INCONCLUSIVE,
        "run", "fault-vs-invalidate", "--race", "no-grace-period", "--for", "30s");
    assertThat(run.out().lines()).hasSize(3);
    assertThat(run.out()).contains("verdict INCONCLUSIVE (nothing was put to the test");
    assertThat(Cli.expect(ExitCode.INCONCLUSIVE, "run", "fault-vs-invalidate", "--race", "no-grace-period", "--for",
        "30s", "--json").json().get("runs").asLong()).isZero();
  }

  @Test
  void aRaceThatIsNotExposedIsNoPass() {
    List<String> run = List.of("run", "access-fault-vs-punch", "--race", "accessed-marked-after-unlock", "--runs",
        "2000");
    Cli random = Cli.expect(ExitCode.INCONCLUSIVE, run.toArray(String[]::new));
    assertThat(random.out()).contains("race accessed-marked-after-unlock was not exposed in 2,000 runs; its scenarios "
        + "are access-fault-vs-punch; try --strategy pct3\n", "verdict INCONCLUSIVE (the race was not exposed")
        .doesNotContain("changes nothing");
    List<String> asJson = new ArrayList<>(run);
    asJson.add("--json");
    JsonNode json = Cli.expect(ExitCode.INCONCLUSIVE, asJson.toArray(String[]::new)).json();
    assertThat(json.get("verdict").asString()).isEqualTo("INCONCLUSIVE");
    assertThat(json.get("exitCode").asInt()).isEqualTo(ExitCode.INCONCLUSIVE);
    assertThat(json.get("raceHasEffect").asBoolean()).isTrue();
    assertThat(json.get("raceExposed").asBoolean()).isFalse();
  }

  @Test
  void aRaceWhoseHarmNobodyWatchesForIsNoPass() {
    Cli run = Cli.expect(ExitCode.INCONCLUSIVE,
        "run", "fault-vs-migration", "--race", "no-dsb-after-tlbi", "--runs", "2000", "--oracle", "lockdep");
    assertThat(run.out()).contains("was not exposed in 2,000 runs", "try without --oracle").doesNotContain(
        "changes nothing");
  }

  @Test
  void aCanaryNeedNotBeExposed() {
    Cli run = Cli.run("run", "yardstick", "--race", "canary-identity-hash", "--runs", "1");
    assertThat(run.out()).doesNotContain("was not exposed");
  }

  @Test
  void aGoalThatIsNeverReachedIsInconclusive() {
    Cli run = Cli.expect(ExitCode.INCONCLUSIVE, "run", "yardstick", "--runs", "1");
    assertThat(run.out()).contains("never reached").contains("verdict INCONCLUSIVE");
  }

  @Test
  void jsonSaysTheSame() {
    JsonNode clean = Cli.expect(ExitCode.PASS, "run", "yardstick", "--runs", "2000", "--json").json();
    assertThat(clean.get("verdict").asString()).isEqualTo("PASS");
    assertThat(clean.get("exitCode").asInt()).isZero();
    assertThat(clean.get("runs").asLong()).isEqualTo(2000);
    assertThat(clean.get("findings").size()).isZero();
    assertThat(clean.get("determinism").get("checked").asLong()).isPositive();
    JsonNode found =
        Cli.expect(ExitCode.FINDING, "run", "yardstick", "--race", "no-retry-check", "--json", "--quiet").json();
    JsonNode finding = found.get("findings").get(0);
    assertThat(finding.get("replay").asString()).startsWith("sx1.");
    assertThat(finding.get("token").asString()).startsWith("sm1.");
    assertThat(finding.get("traceHash").asString()).matches("[0-9a-f]{16}");
    assertThat(finding.get("reports").get(0).get("oracle").asString()).isEqualTo("stale-translation");
  }

  @Test
  void resultsDoNotDependOnWorkers() {
    List<JsonNode> clean = new ArrayList<>();
    List<JsonNode> found = new ArrayList<>();
    for (String workers : List.of("1", "2", "3")) {
      clean.add(withoutTime(
          Cli.expect(ExitCode.PASS, "run", "yardstick", "--runs", "5000", "--json", "--workers", workers)));
      found.add(withoutTime(Cli.expect(ExitCode.FINDING, "run", "yardstick", "--race", "no-retry-check",
          "--strategy", "pct2", "--seed", "7", "--json", "--quiet", "--workers", workers)));
    }
    assertThat(clean).containsOnly(clean.getFirst());
    assertThat(found).containsOnly(found.getFirst());
  }

  private static JsonNode withoutTime(Cli cli) {
    ObjectNode document = (ObjectNode) cli.json();
    document.remove(List.of("nanos", "workers"));
    return document;
  }

  @Test
  void plantedNondeterminismIsCaught() {
    Cli run = Cli.expect(ExitCode.NONDETERMINISM, "run", "yardstick", "--race", "canary-identity-hash");
    assertThat(run.out()).contains("verdict NONDETERMINISM").contains("differently when repeated");
    JsonNode first = Cli.expect(
        ExitCode.NONDETERMINISM, "run", "yardstick", "--race", "canary-identity-hash", "--json")
        .json().get("determinism").get("first");
    assertThat(first.get("token").asString()).startsWith("sm1.yardstick,race=canary-identity-hash.");
    assertThat(run.out()).contains(
        "run " + (first.get("run").asLong() + 1) + " came out differently when repeated");
    assertThat(first.get("step").asInt()).isNotNegative();
  }

  @Test
  void aTimeBudgetEndsARun() {
    // A busy machine may get no further than the first runs, which need not reach every goal.
    Cli run = Cli.run("run", "yardstick", "--for", "1ms", "--json");
    assertThat(run.code()).isIn(ExitCode.PASS, ExitCode.INCONCLUSIVE);
    assertThat(run.json().get("runs").asLong()).isPositive();
  }
}
