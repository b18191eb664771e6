package io.stalemate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.check.PinnedTokens;
import io.stalemate.report.Screen;
import io.stalemate.scenario.token.Model;
import io.stalemate.scenario.token.Overrides;
import io.stalemate.scenario.token.SeedToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class CheckCommandTest {

  private static final String[] SMALL = {"check", "yardstick", "--search-max", "50", "--schedules", "400", "--commit",
      "0123456789abcdef0123456789abcdef01234567"};

  /** picocli leaves the last column free. */
  private static final int HELP_WIDTH = Screen.WIDTH - 1;

  @TempDir
  Path directory;

  private static String[] small(String... more) {
    return Stream.concat(Stream.of(SMALL), Stream.of(more)).toArray(String[]::new);
  }

  private static JsonNode withoutTimes(Cli cli) {
    ObjectNode document = (ObjectNode) cli.json();
    document.remove(List.of("nanos", "workers"));
    document.get("suites").forEach(suite -> ((ObjectNode) suite).remove("nanos"));
    return document;
  }

  private Path tokens(String text) throws IOException {
    Path folder = Files.createDirectories(directory.resolve("pinned"));
    Files.writeString(folder.resolve("mine.tokens"), text);
    return folder;
  }

  private static String token() {
    return new SeedToken("yardstick", Overrides.NONE, "rnd", 9, Model.builtIn().id()).text();
  }

  @Test
  void aPassIsThreeLinesAndAVerdict() {
    Cli check = Cli.expect(ExitCode.PASS, small());

    assertThat(check.err()).isEmpty();
    assertThat(check.out().lines()).hasSize(4);
    assertThat(check.out()).startsWith(Main.VERSION + " · model " + Model.builtIn().id()
            + " · profile quick · commit 0123456789abcdef0123456789abcdef01234567 (--commit) · seed ")
        .contains("pinned tokens 3/3 · goals 3/3 · scenarios 1: 1 not closed at any bound\n", " · findings 0\n")
        .endsWith("verdict PASS\n");
  }

  @Test
  void theSameCommitGivesTheSameDocumentForAnyNumberOfWorkers() {
    JsonNode one = withoutTimes(Cli.expect(ExitCode.PASS, small("--json", "--workers", "1")));

    assertThat(withoutTimes(Cli.expect(ExitCode.PASS, small("--json", "--workers", "2")))).isEqualTo(one);
    assertThat(one.get("verdict").asString()).isEqualTo("PASS");
    assertThat(one.get("exitCode").asInt()).isZero();
    assertThat(one.get("suites").size()).isEqualTo(3);
    assertThat(one.get("suites").get(1).get("claims").get(0).get("kind").asString()).isEqualTo("oracle");
    String[] shorter = small("--json");
    shorter[7] = "0123456";
    assertThat(Cli.expect(ExitCode.PASS, shorter).json().get("seed")).as("a short id of the same commit")
        .isEqualTo(one.get("seed"));
  }

  @Test
  void aFindingOfAScenarioFileIsSaidWithItsCommandAndWrittenEverywhere() throws IOException {
    Path file = directory.resolve("mine.scenario.conf");
    Files.writeString(file, Cli.expect(ExitCode.PASS, "template", "yardstick").out()
        .replace("\"some faults retried\", class = acceptable", "\"some faults retried\", class = forbidden")
        .replaceFirst("(?m)^name = .*$", "name = mine"));
    List<Path> written = Stream.of("r.xml", "r.sarif", "r.tap", "r.md").map(directory::resolve).toList();
    String[] check = {"check", file.toString(), "--schedules", "200", "--junit", written.get(0).toString(), "--sarif",
        written.get(1).toString(), "--tap", written.get(2).toString(), "--markdown", written.get(3).toString()};

    Cli found = Cli.expect(ExitCode.FINDING, check);
    String line = found.out().lines().filter(each -> each.startsWith("FINDING")).findFirst().orElseThrow();
    assertThat(line)
        .contains("mine, outcomes: forbidden outcome: some faults retried", "  stalemate replay sx1.mine,f=")
        .endsWith(" --file " + file);
    assertThat(found.err()).contains("BUG: stalemate: outcome");
    String token = line.replaceFirst(".* replay (\\S+) .*", "$1");
    Cli.expect(ExitCode.FINDING, "replay", token, "--file", file.toString());
    for (Path each : written) {
      assertThat(Files.readString(each)).as(each.toString()).contains(token);
    }
    assertThat(JsonMapper.builder().build().readTree(Files.readString(written.get(1))).get("version").asString())
        .isEqualTo("2.1.0");
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).as("nothing half-written is left").hasSize(5);
    }
    assertThat(Cli.expect(ExitCode.FINDING, "check", file.toString(), "--schedules", "200", "--quiet").err()).isEmpty();
  }

  @Test
  void inconclusiveFailsUnlessItIsToBeSkipped() {
    Cli cut = Cli.expect(ExitCode.INCONCLUSIVE, small("--bound", "2"));

    assertThat(cut.out()).contains("INCONCLUSIVE   yardstick, bound 2: no bound closed, bound 0 cut at 50 schedules")
        .endsWith("verdict INCONCLUSIVE\n");
    Cli.expect(ExitCode.PASS, small("--bound", "2", "--inconclusive", "skip"));
  }

  @Test
  void noMoreSchedulesAreSpentThanAllowed() {
    Cli check = Cli.run("check", "yardstick", "attr-vs-fault", "--schedules", "101", "--json");
    assertThat(check.json().get("suites").get(1).get("schedules").asLong()).isEqualTo(50);
    assertThat(check.json().get("suites").get(2).get("schedules").asLong()).isEqualTo(50);
    Cli.refuse(ExitCode.USAGE, "--schedules 3 for 2 scenarios; at least two each are needed", "check", "yardstick",
        "attr-vs-fault", "--schedules", "3");
  }

  @Test
  void timeThatIsUpIsInconclusive() {
    Cli cut = Cli.expect(ExitCode.INCONCLUSIVE, "check", "yardstick", "attr-vs-fault", "--budget", "1ms", "--workers",
        "1", "--profile", "nightly");
    assertThat(cut.out())
        .contains("INCONCLUSIVE   attr-vs-fault, budget: the check was ended before the work was done");
  }

  @Test
  void pinnedTokensOfADirectoryAreRun() throws IOException {
    Path folder = tokens("PASS " + token() + "\n");
    assertThat(Cli.expect(ExitCode.PASS, small("--tokens", folder.toString())).out()).contains("pinned tokens 4/4");

    tokens("FINDING " + token() + "\n");
    assertThat(Cli.expect(ExitCode.FINDING, small("--tokens", folder.toString())).out())
        .contains("mine.tokens:1: expected FINDING; nothing was found  " + token(), "pinned tokens 3/4");
    tokens("PASS " + token() + " hash=0000000000000000\n");
    assertThat(Cli.expect(ExitCode.INCONCLUSIVE, small("--tokens", folder.toString())).out())
        .contains("mine.tokens:1: trace hash ", " instead of 0000000000000000: the kernel text has changed");
  }

  @Test
  void everyTokenThatFailsHasALineUpToTwenty() throws IOException {
    String line = "FINDING " + token() + "\n";
    List<String> lines = Cli.expect(ExitCode.FINDING, small("--tokens", tokens(line.repeat(20)).toString())).out()
        .lines().filter(each -> each.startsWith("FINDING        pinned tokens, ")).toList();
    assertThat(lines).hasSize(20);
    for (int i = 0; i < lines.size(); i++) {
      assertThat(lines.get(i)).contains("mine.tokens:" + (i + 1) + ": expected FINDING; nothing was found")
          .endsWith("  " + token()).containsOnlyOnce(token());
    }

    Cli more = Cli.expect(ExitCode.FINDING, small("--tokens", tokens(line.repeat(22)).toString()));
    assertThat(more.out().lines().filter(each -> each.startsWith("FINDING "))).hasSize(20);
    assertThat(more.out()).contains("\n               pinned tokens: and 2 more, which --json and the files of results "
        + "have\n").doesNotContain("mine.tokens:21");
    assertThat(Cli.run(small("--json", "--tokens", tokens(line).toString())).json().get("suites").get(0).get("claims")
        .get(3).get("pinned").asString()).isEqualTo(directory.resolve("pinned/mine.tokens") + ":1");
  }

  @Test
  void aSplatOfATokenBeginsWithItsPlace() throws IOException {
    String known = PinnedTokens.builtIn(Model.builtIn()).getFirst().run().token().text();
    Cli found = Cli.expect(ExitCode.FINDING, small("--tokens", tokens("\nPASS " + known + "\n").toString()));

    assertThat(found.err()).startsWith(directory.resolve("pinned/mine.tokens")
        + ":2: expected PASS; FINDING by stale-translation: ")
        .contains("\n====", "\nBUG: stalemate: stale-translation");
  }

  @Test
  void aProfileThatThereIsNotIsSaidWithTheNearest() {
    Cli.refuse(ExitCode.USAGE, "unknown profile 'qick'; did you mean 'quick'?", "check", "--profile", "qick");
    Cli.refuse(ExitCode.USAGE, "unknown profile 'mine'; allowed: quick, ci, nightly", "check", "--profile", "mine");
    assertThat(Cli.expect(ExitCode.PASS, small("--profile", "CI")).out()).contains(" · profile ci · ");
  }

  @Test
  void helpIsWrappedOnce() {
    for (String command : List.of("check", "verify-determinism")) {
      List<String> help = Cli.expect(ExitCode.PASS, command, "--help").out().lines().toList();
      int usage = help.indexOf(help.stream().filter(line -> line.startsWith("Usage:")).findFirst().orElseThrow());
      List<String> text = help.subList(usage, help.size()).stream().filter(line -> !line.startsWith(" "))
          .filter(line -> !line.startsWith("Usage:")).toList();
      for (int i = 0; i + 1 < text.size(); i++) {
        int first = text.get(i + 1).indexOf(' ');
        assertThat(text.get(i).endsWith(".") || text.get(i).length() + 1 + first > HELP_WIDTH)
            .as(command + ": " + text.get(i)).isTrue();
      }
    }
  }

  @Test
  void damagedTokensAreRefusedBeforeAnythingRuns() throws IOException {
    Path folder = tokens("PASS " + token() + "\nPASS nonsense\n");
    Cli.refuse(ExitCode.INPUT_REFUSED, "mine.tokens:2: ", small("--tokens", folder.toString()));
    tokens("PASS " + new SeedToken("yardstick", Overrides.NONE, "rnd", 9, "0000000").text());
    Cli.refuse(ExitCode.OTHER_MODEL, "mine.tokens:1: token of model 0000000", small("--tokens", folder.toString()));
    tokens("# nothing\n");
    Cli.refuse(ExitCode.NOTHING_SELECTED, "no token in it", small("--tokens", folder.toString()));
    Cli.refuse(ExitCode.USAGE, "is no directory", small("--tokens", folder.resolve("mine.tokens").toString()));
    Cli.refuse(ExitCode.USAGE, "pinned/.' is named twice", small("--tokens", tokens("PASS " + token()).toString(),
        "--tokens", folder + "/."));
    Cli.refuse(ExitCode.USAGE, "no such directory", small("--tokens", folder.resolve("none").toString()));
  }

  @Test
  void aResultThatCannotBeWrittenIsKnownBeforeTheWork() throws IOException {
    long begun = System.nanoTime();
    Cli.refuse(ExitCode.ENVIRONMENT, "the JUnit XML cannot be written there",
        "check", "--profile", "nightly", "--junit", directory.resolve("none/r.xml").toString());
    Cli.refuse(ExitCode.ENVIRONMENT, "no regular file", "check", "--profile", "nightly", "--sarif",
        directory.toString());
    assertThat(System.nanoTime() - begun).as("of a nightly check").isLessThan(300_000_000_000L);
  }

  @Test
  void aFileThatWasThereIsReplacedWhole() throws IOException {
    Path file = directory.resolve("r.tap");
    Files.writeString(file, "old".repeat(100_000));
    Cli.expect(ExitCode.PASS, small("--tap", file.toString()));
    assertThat(Files.readString(file)).startsWith("TAP version 14").doesNotContain("oldold");
  }
}
