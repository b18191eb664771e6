package io.stalemate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A user's own scenario, from the template to the replay. */
class ScenarioFileCommandTest {

  @TempDir
  Path folder;

  private Path file;
  private String token;

  @BeforeEach
  void runFile() throws IOException {
    file = folder.resolve("mine.scenario.conf");
    Files.writeString(file, Cli.expect(ExitCode.PASS, "template", "yardstick").out()
        .replaceFirst("(?m)^name = .*$", "name = mine"));
    JsonNode run = Cli.expect(ExitCode.PASS, "run", file.toString(), "--runs", "2000", "--json").json();
    assertThat(run.get("scenario").asString()).isEqualTo("mine");
    token = run.get("outcomes").get(0).get("token").asString();
  }

  @Test
  void theTemplateRuns() throws IOException {
    Path template = folder.resolve("my-scenario.scenario.conf");
    Files.writeString(template, Cli.expect(ExitCode.PASS, "template").out());
    Cli run = Cli.run("run", template.toString(), "--runs", "300");
    assertThat(run.code()).as(run.out() + run.err()).isIn(ExitCode.PASS, ExitCode.INCONCLUSIVE);
    assertThat(run.out()).contains("300 runs");
  }

  @Test
  void itsTokenNeedsTheFile() {
    Cli.refuse(ExitCode.USAGE, "--file", "replay", token);
    Cli.expect(ExitCode.PASS, "replay", token, "--file", file.toString());
    Cli.expect(ExitCode.PASS, "show", token, "--file", file.toString());
  }

  @Test
  void whatToTypeNextNamesTheFile() throws IOException {
    Path spaced = folder.resolve("it's mine.scenario.conf");
    Files.copy(file, spaced);
    String plainly = " --file " + file;
    String quoted = " --file '" + folder + "/it'\\''s mine.scenario.conf'";

    Cli found = Cli.expect(ExitCode.FINDING, "run", file.toString(), "--race", "no-retry-check");
    Cli inQuotes = Cli.expect(ExitCode.FINDING, "run", spaced.toString(), "--race", "no-retry-check");
    String seen = found.replayToken();

    assertThat(found.out()).contains("stalemate replay " + seen + plainly, "stalemate show " + seen + plainly);
    assertThat(inQuotes.out()).contains("stalemate replay " + seen + quoted, "stalemate show " + seen + quoted);
    assertThat(Cli.expect(ExitCode.FINDING, "replay", seen, "--file", file.toString()).err())
        .contains("stalemate show " + seen + plainly);
    assertThat(Cli.expect(ExitCode.PASS, "show", seen, "--file", file.toString()).out())
        .contains("stalemate replay " + seen + plainly);
  }

  @Test
  void withoutGoalsTheSummarySaysSo() throws IOException {
    Files.writeString(file, Files.readString(file).replaceFirst("(?s)goals = \\[.*$", ""));
    Cli run = Cli.expect(ExitCode.PASS, "run", file.toString(), "--runs", "300");
    assertThat(run.out()).contains("no goals were given").doesNotContain("goals reached");
  }

  @Test
  void theRowOfRunsThatWereCutOffHasAnExample() throws IOException {
    Files.writeString(file, Files.readString(file) + "\nbounds { steps = 5 }\n");
    String[] run = {"run", file.toString(), "--runs", "20"};
    Cli cut = Cli.expect(ExitCode.INCONCLUSIVE, run);
    JsonNode json = Cli.expect(ExitCode.INCONCLUSIVE, run[0], run[1], run[2], run[3], "--json").json();
    String example = json.get("boundToken").asString();
    assertThat(example).startsWith("sm1.mine,f=");
    assertThat(cut.out().lines().filter(line -> line.startsWith("bound of 5 steps reached")))
        .singleElement().asString().contains("unknown").endsWith(" " + example);
    assertThat(Cli.run("replay", example, "--file", file.toString()).out()).contains("trace hash ");
  }

  @Test
  void aCommentMayChangeTheMeaningMayNot() throws IOException {
    Files.writeString(file, "# a remark\n" + Files.readString(file));
    Cli.expect(ExitCode.PASS, "replay", token, "--file", file.toString());
    Files.writeString(file, Files.readString(file).replaceFirst("(?m)^title = .*$", "title = \"another\""));
    Cli.refuse(ExitCode.OTHER_MODEL, "digest", "replay", token, "--file", file.toString());
  }

  @Test
  void aBrokenFileIsOneLineWithItsPlace() throws IOException {
    Files.writeString(file, Files.readString(file) + "\nwhales = 3\n");
    Cli.refuse(ExitCode.USAGE, "whales", "run", file.toString());
    Files.write(file, new byte[] {(byte) 0xff, 0, 7});
    Cli.refuse(ExitCode.INPUT_REFUSED, "mine.scenario.conf", "run", file.toString());
  }
}
