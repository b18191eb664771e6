package io.stalemate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** One call of the command line: its exit code and what it printed. */
record Cli(int code, String out, String err) {

  private static final Pattern REPLAY = Pattern.compile("^replay +stalemate replay (\\S+)", Pattern.MULTILINE);
  private static final Pattern AS_FOUND = Pattern.compile("first (sm1\\S+)");
  private static final Pattern HASH = Pattern.compile("trace hash ([0-9a-f]{16})");

  static Cli run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Main.execute(new PrintWriter(out), new PrintWriter(err), args);
    return new Cli(code, out.toString(), err.toString());
  }

  /** A call that must end with {@code code}. */
  static Cli expect(int code, String... args) {
    Cli cli = run(args);
    assertThat(cli.code).as("%s%n%s%s", String.join(" ", args), cli.out, cli.err).isEqualTo(code);
    return cli;
  }

  /** A call that must be refused with {@code code}: one line on stderr with {@code words} in it, nothing on stdout. */
  static void refuse(int code, String words, String... args) {
    Cli cli = expect(code, args);
    assertThat(cli.out).isEmpty();
    assertThat(cli.err).startsWith("stalemate: ").contains(words).endsWith("\n");
    assertThat(cli.err.lines()).hasSize(1);
  }

  /** Stdout as the JSON document that every command promises. */
  JsonNode json() {
    JsonNode document = JsonMapper.builder().build().readTree(out);
    assertThat(document.get("schemaVersion").asInt()).isEqualTo(1);
    return document;
  }

  /** The schedule token of a run's finding. */
  String replayToken() {
    return group(REPLAY, out);
  }

  /** The seed token of a run's finding. */
  String seedToken() {
    return group(AS_FOUND, out);
  }

  String traceHash() {
    return group(HASH, out);
  }

  private static String group(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    assertThat(matcher.find()).as("%s in %s", pattern, text).isTrue();
    return matcher.group(1);
  }
}
