package io.stalemate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrong usage: exit code 2, one line that says what is allowed or nearest. */
class UsageTest {

  @ParameterizedTest
  @ValueSource(strings = {
    "",
    "walk",
    "run",
    "run yardstick --sedd 1",
    "run yardstick extra",
    "run yardstick --runs",
    "run yardstick --runs many",
    "run yardstick --runs 0",
    "run yardstick --runs -5",
    "run yardstick --runs 10 --for 1s",
    "run yardstick --for 1",
    "run yardstick --for 0s",
    "run yardstick --for soon",
    "run yardstick --seed xyz",
    "run yardstick --seed 11111111111111111",
    "run yardstick --seed -1",
    "run yardstick --workers 0",
    "run yardstick --workers 65",
    "run yardstick --strategy pct0",
    "run yardstick --strategy pct21",
    "run yardstick --era v9.99",
    "run yardstick --color mauve",
    "run no/such/file.scenario.conf",
    "run .",
    "replay",
    "replay no-such-file",
    "replay .",
    "replay sm1.x --expect 12",
    "show",
    "show no-such-file",
    "list whales",
    "list races slot",
    "template yardstick yardstick",
    "template nowhere",
    "bench yardstick --for never",
    "bench nowhere",
    "check nowhere",
    "check yardstick yardstick",
    "check yardstick --profile weekly",
    "check yardstick --bound -1",
    "check yardstick --bound 21",
    "check yardstick --search-max 0",
    "check yardstick --schedules 0",
    "check yardstick attr-vs-fault --schedules 1",
    "check yardstick --budget soon",
    "check yardstick --commit xyz",
    "check yardstick --commit 123456",
    "check yardstick --tokens no/such/directory",
    "check yardstick --workers 0",
    "check yardstick --inconclusive maybe",
    "check no/such/file.scenario.conf",
    "check yardstick --junit same --sarif ./same",
    "verify-determinism --seeds 0",
    "verify-determinism --seeds 1000001",
    "verify-determinism --scenario nowhere",
    "verify-determinism --race no-retry-check",
  })
  void wrongUsageIsOneLine(String line) {
    Cli.refuse(ExitCode.USAGE, "", line.isEmpty() ? new String[0] : line.split(" "));
  }

  @Test
  void aFileNameThatCannotBeOneIsRefused() {
    Cli.refuse(ExitCode.USAGE, "file", "run", "a\0b");
    Cli.refuse(ExitCode.USAGE, "file", "run", "a/b\0c");
    Cli.refuse(ExitCode.USAGE, "file", "show", "sm1.a\0b");
  }

  @Test
  void unknownNamesBringTheNearest() {
    Cli.refuse(ExitCode.USAGE, "yardstick", "run", "yardstik");
    Cli.refuse(ExitCode.USAGE, "no-retry-check", "run", "yardstick", "--race", "no-rety-check");
    Cli.refuse(ExitCode.USAGE, "pct3", "run", "yardstick", "--strategy", "ptc3");
    Cli.refuse(ExitCode.USAGE, "allowed: v5.15, v6.2, v6.12", "run", "yardstick", "--era", "v5.16");
    Cli.refuse(ExitCode.USAGE, "did you mean 'slots-lock-in-srcu'?", "run", "yardstick", "--race", "slots");
    Cli.refuse(ExitCode.USAGE, "there is no trace file 'nofile'", "replay", "nofile");
    Cli.refuse(ExitCode.USAGE, "yardstick", "template", "yardstock");
    Cli.refuse(ExitCode.USAGE, "--seed", "run", "yardstick", "--sead", "1");
  }

  @Test
  void whatNobodyAskedForIsNamedWithoutIndices() {
    Cli.refuse(ExitCode.USAGE, "stalemate: unknown command 'runn'; did you mean ", "runn", "yardstick", "--runs", "5");
    Cli.refuse(ExitCode.USAGE, "stalemate: one argument too many: 'extra' (see", "run", "yardstick", "extra");
    Cli.refuse(ExitCode.USAGE, "stalemate: unknown option '--sead'", "run", "yardstick", "--sead", "1");
  }

  @Test
  void anUnknownStrategyBringsTheForms() {
    Cli.refuse(ExitCode.USAGE,
        "unknown strategy 'nosuch'; allowed: random, pct<d> or fpct<d> with a depth d from 1 to ",
        "run", "yardstick", "--strategy", "nosuch");
  }

  @Test
  void whatResemblesNothingBringsTheCommandThatListsTheNames() {
    Cli.refuse(ExitCode.USAGE, "unknown race 'qqqqqqqqqq'; see 'stalemate list races'\n",
        "run", "yardstick", "--race", "qqqqqqqqqq");
    Cli.refuse(ExitCode.USAGE, "unknown scenario 'qqqqqqqqqq'; see 'stalemate list scenarios'\n",
        "run", "qqqqqqqqqq");
  }

  @Test
  void helpAndVersionAreNoMistakes() {
    assertThat(Cli.expect(ExitCode.PASS, "--help").out()).contains("Exit codes").contains("verify-determinism");
    assertThat(Cli.expect(ExitCode.PASS, "run", "--help").out()).contains("--keep-going");
    assertThat(Cli.expect(ExitCode.PASS, "--version").out()).isEqualTo(Main.VERSION + System.lineSeparator());
    assertThat(Cli.expect(ExitCode.PASS, "run", "--version").out()).isEqualTo(Main.VERSION + System.lineSeparator());
  }

  @Test
  void helpSaysWhatEachCommandDoesInOneSentence() {
    List<String> commands = Cli.expect(ExitCode.PASS, "--help").out().lines()
        .dropWhile(line -> !line.equals("Commands:")).skip(1).takeWhile(line -> !line.isBlank()).toList();
    assertThat(commands).hasSize(9).allMatch(line -> line.endsWith("."));
  }
}
