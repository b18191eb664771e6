package io.stalemate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.scenario.token.Overrides;
import io.stalemate.scenario.token.SeedToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayCommandTest {

  private static final String OTHER_MODEL =
      new SeedToken("yardstick", Overrides.NONE, "rnd", 1, "0000000").text();

  private static Cli found;

  @TempDir
  Path folder;

  @BeforeAll
  static void find() {
    found = Cli.expect(ExitCode.FINDING, "run", "yardstick", "--race", "no-retry-check", "--quiet");
  }

  @Test
  void bothKindsOfTokenReplay() {
    for (String token : List.of(found.replayToken(), found.seedToken())) {
      Cli first = Cli.expect(ExitCode.FINDING, "replay", token);
      Cli second = Cli.expect(ExitCode.FINDING, "replay", "Found-with: '" + token + "'", "--json");
      assertThat(first.err()).contains("BUG: stalemate: stale-translation");
      assertThat(second.json().get("traceHash").asString()).isEqualTo(first.traceHash());
      assertThat(second.json().get("token").asString()).isEqualTo(token);
    }
  }

  @Test
  void aPastedCommandIsTakenForItsToken() {
    String token = found.replayToken();
    Cli.expect(ExitCode.FINDING, "replay", "stalemate replay " + token, "--quiet");
    Cli.expect(ExitCode.FINDING, "replay", "replay " + token, "--quiet");
    assertThat(Cli.expect(ExitCode.PASS, "show", "stalemate show " + token, "--json").json().get("token").asString())
        .isEqualTo(token);
  }

  @Test
  void theTraceHashIsTheOneThatRunTold() {
    String told = Cli.expect(ExitCode.FINDING, "run", "yardstick", "--race", "no-retry-check", "--quiet", "--json")
        .json().get("findings").get(0).get("traceHash").asString();
    Cli.expect(ExitCode.FINDING, "replay", found.replayToken(), "--expect", told, "--quiet");
    Cli.expect(ExitCode.PASS, "replay", found.replayToken(), "--expect", told, "--expect-fail", "--quiet");
    Cli.expect(ExitCode.NONDETERMINISM, "replay", found.replayToken(), "--expect", "0123456789abcdef", "--quiet");
    Cli.expect(ExitCode.NONDETERMINISM,
        "replay", found.replayToken(), "--expect", "0123456789abcdef", "--expect-fail", "--quiet");
  }

  @Test
  void aRunWithoutFindingReplaysAsPass() {
    String token = Cli.expect(ExitCode.PASS, "run", "yardstick", "--runs", "2000", "--json").json()
        .get("outcomes").get(0).get("token").asString();
    Cli.expect(ExitCode.PASS, "replay", token);
    Cli.expect(ExitCode.FINDING, "replay", token, "--expect-fail");
  }

  @Test
  void aDamagedTokenIsRefused() {
    String token = found.replayToken();
    Cli.refuse(ExitCode.INPUT_REFUSED, "check word", "replay", token.replace("race", "rase"));
    Cli.refuse(ExitCode.INPUT_REFUSED, "check word", "replay", token.substring(0, token.length() - 1));
    Cli.refuse(ExitCode.INPUT_REFUSED, "check word", "show", token.replace("yard", "yart"));
  }

  @Test
  void aTokenOfAnotherModelIsRefusedAndSaysSo() {
    Cli.refuse(ExitCode.OTHER_MODEL, "token of model 0000000; this is model", "replay", OTHER_MODEL);
    Cli.refuse(ExitCode.OTHER_MODEL, "token of model 0000000; this is model", "show", OTHER_MODEL);
    assertThat(Cli.expect(ExitCode.PASS, "replay", OTHER_MODEL, "--allow-model-drift").out())
        .contains("the token is of model 0000000");
  }

  @Test
  void aTraceFileReplaysEqual() throws IOException {
    Path file = folder.resolve("race.smt.txt");
    Cli written = Cli.expect(ExitCode.FINDING, "replay", found.seedToken(), "--trace", file.toString(), "--quiet");
    Cli read = Cli.expect(ExitCode.FINDING, "replay", file.toString(), "--quiet");
    assertThat(read.out()).contains("equal to the recorded trace");
    assertThat(read.traceHash()).isEqualTo(written.traceHash());
    assertThat(Cli.expect(ExitCode.PASS, "show", file.toString()).out()).contains("equal to the recorded trace");
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void aChangedTraceFileIsRefused() throws IOException {
    Path file = folder.resolve("race.smt.txt");
    Cli.expect(ExitCode.FINDING, "replay", found.seedToken(), "--trace", file.toString(), "--quiet");
    Path changed = folder.resolve("changed.smt.txt");
    Files.writeString(changed, Files.readString(file).replaceFirst("vcpu0", "vcpu1"));
    Cli.refuse(ExitCode.INPUT_REFUSED, "changed.smt.txt", "replay", changed.toString());
  }

  @Test
  void aTraceThatCannotBeWrittenIsTheEnvironmentsFault() {
    Cli.refuse(ExitCode.ENVIRONMENT, "cannot be written", "replay", found.replayToken(), "--quiet",
        "--trace", folder.resolve("missing/race.smt.txt").toString());
  }

  @Test
  void showDrawsAColumnForEachTask() {
    Cli show = Cli.expect(ExitCode.PASS, "show", found.replayToken(), "--ascii");
    assertThat(show.out()).contains("step").contains("vcpu0").contains("inval0").contains("mmu_lock")
        .contains("mmu_invalidate_seq").containsPattern("trace hash [0-9a-f]{16}");
    assertThat(show.out().chars()).allMatch(c -> c < 128);
    assertThat(Cli.expect(ExitCode.PASS, "show", found.replayToken(), "--json").json().get("events").size())
        .isGreaterThan(20);
    assertThat(Cli.expect(ExitCode.PASS, "show", found.replayToken(), "--wide").out().lines().count())
        .isGreaterThanOrEqualTo(show.out().lines().count());
  }

  @Test
  void aTraceOfPlainChoicesReplays(@TempDir Path folder) {
    String file = folder.resolve("plain.trace").toString();
    Cli run = Cli.expect(1, "run", "fault-vs-invalidate", "--race", "no-retry-check", "--plain-choices", "--quiet");
    Cli.expect(1, "replay", run.replayToken(), "--trace", file, "--quiet");

    Cli replay = Cli.expect(1, "replay", file, "--quiet");

    assertThat(replay.out()).contains("equal to the recorded trace");
  }
}
