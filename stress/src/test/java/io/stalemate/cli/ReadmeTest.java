package io.stalemate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.scenario.token.Model;
import io.stalemate.scenario.token.Token;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the README shows is what this build prints. */
class ReadmeTest {

  private static final Pattern TOKEN = Pattern.compile("\\bs[mx]1\\.[a-z0-9.,=-]+[a-z0-9]");

  @Test
  void everyTokenIsOfThisModel() throws IOException {
    List<String> tokens = tokens();

    assertThat(tokens).hasSizeGreaterThanOrEqualTo(2);
    for (String token : tokens) {
      assertThat(Token.parse(token).model()).as(token).isEqualTo(Model.builtIn().id());
    }
  }

  @Test
  void theSplatIsTheOneThatTheCommandPrints() throws IOException {
    Cli run = Cli.run("run", "yardstick", "--race", "no-retry-check");
    String readme = readme().replaceAll("(?m)^    ", "");

    assertThat(run.code()).isEqualTo(ExitCode.FINDING);
    assertThat(readme).contains(run.err().strip());
  }

  @Test
  void everyTokenStillShowsTheFinding() throws IOException {
    for (String token : tokens()) {
      assertThat(Cli.run("replay", token, "--quiet").code()).as(token).isEqualTo(ExitCode.FINDING);
    }
  }

  private static List<String> tokens() throws IOException {
    return TOKEN.matcher(readme()).results().map(MatchResult::group).distinct()
        .filter(token -> token.indexOf('.') != token.lastIndexOf('.')).toList();
  }

  private static String readme() throws IOException {
    Path inModule = Path.of("..", "README.md");
    return Files.readString(Files.exists(inModule) ? inModule : Path.of("README.md"));
  }
}
