package io.stalemate.scenario.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import io.stalemate.scenario.Draws;
import io.stalemate.scenario.input.Refused;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostileScenarioTest {

  private static final String SECRET = "hunter2";

  private static Refused refused(byte[] bytes) {
    try {
      ScenarioFile.parse("f.conf", bytes);
    } catch (Refused refused) {
      return refused;
    }
    throw new AssertionError("accepted");
  }

  private static Refused refused(String text) {
    return refused(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String refusal(String text) {
    Refused refused = refused(text);
    assertThat(refused.exitCode()).isEqualTo(7);
    return refused.getMessage();
  }

  private static List<String> includes(Path secret) {
    List<String> includes = new ArrayList<>();
    for (String what : List.of("\"F\"", "file(\"F\")", "url(\"file:F\")", "classpath(\"index.tsv\")",
        "required(\"F\")", "required(file(\"F\"))", "required(url(\"file:F\"))", "required(classpath(\"index.tsv\"))",
        "\"\"\"F\"\"\"", "  \"http://127.0.0.1:1/x\"")) {
      includes.add("include " + what.replace("F", secret.toString()));
    }
    return includes;
  }

  @Test
  void everyFormOfIncludeIsRefusedWithItsLine(@TempDir Path dir) throws Exception {
    Path secret = Files.writeString(dir.resolve("secret.conf"), "title = " + SECRET);
    for (String include : includes(secret)) {
      for (String form : List.of("\n%s\nname = a", "\nvm { %s }", "\n  %s", "\nname = a, %s", "\nvm {}, %s")) {
        assertThat(refusal(form.formatted(include))).as(form + include)
            .isEqualTo("f.conf:2: include; scenario files stand alone, copy in what is needed");
      }
    }
  }

  @Test
  void theIncluderAloneRefusesEveryFormToo(@TempDir Path dir) throws Exception {
    Path secret = Files.writeString(dir.resolve("secret.conf"), "title = " + SECRET);
    ConfigParseOptions options = ConfigParseOptions.defaults().setIncluder(new NoIncludes());
    for (String include : includes(secret)) {
      assertThatThrownBy(() -> ConfigFactory.parseString(include, options)).as(include)
          .hasMessageContaining("include; ").hasMessageNotContaining(SECRET);
    }
  }

  @Test
  void substitutionsAreRefusedAndNeverRead() {
    assertThat(refusal("name = a\ntitle = ${PATH}"))
        .isEqualTo("f.conf:2: substitution ${...}; scenario files are never resolved, write the value itself")
        .doesNotContain(System.getenv("PATH"));
    assertThat(refusal("title = ${?HOME}")).startsWith("f.conf:1: substitution");
    assertThat(refusal("tasks += { name = a }"))
        .isEqualTo("f.conf:1: '+=', a substitution in disguise; write the whole value");
  }

  @Test
  void aSubstitutionBombDoesNotGoOff() {
    StringBuilder bomb = new StringBuilder("a0 = [x, x]\n");
    for (int i = 1; i < 40; i++) {
      bomb.append("a%d = ${a%d} ${a%d}\n".formatted(i, i - 1, i - 1));
    }
    assertThat(refusal(bomb.toString())).startsWith("f.conf:2: substitution");
  }

  @Test
  void aDollarInAStringOrCommentIsNoSubstitution() {
    assertThat(refusal("title = \"${PATH}\" # ${x} include \"y\"\n}"))
        .startsWith("f.conf:2: syntax: ");
  }

  @Test
  void depthIsRefusedBeforeTheParserSeesIt() {
    assertThat(refusal("a = " + "[".repeat(5000) + "]".repeat(5000)))
        .isEqualTo("f.conf:1: brackets nested deeper than 64 levels; 64 are allowed");
    assertThat(refusal("{a:".repeat(5000))).endsWith("brackets nested deeper than 64 levels; 64 are allowed");
  }

  @Test
  void depthBehindStringsAndCommentsCounts() {
    String deep = "[".repeat(65);
    for (String before : List.of("\"\\\"\" ", "\"\"\"\"x\"\"\"\" ", "# \"\n", "// \"\"\"\n", "\"a\\\\\"")) {
      assertThat(refusal("a = [" + before + ",\n" + deep)).as(before).contains("nested deeper than 64 levels");
    }
  }

  @Test
  void sizesAreBounded() {
    assertThat(refusal(" ".repeat(256 * 1024 + 1))).isEqualTo("f.conf: larger than 256 KiB; 256 KiB are allowed");
    assertThat(refusal("mmio = [" + "1,".repeat(10_000) + "1]"))
        .isEqualTo("f.conf: 10003 values; at most 10000 are allowed");
  }

  /** Each took the parser between 3 and 30 seconds. */
  @Test
  void whatTheParserMergesInQuadraticTimeIsRefusedAtOnce() {
    for (String bomb : List.of("a.x%d=1\n", "a{x%d=1}\n", "\"a\".x%d=1\n")) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < 20_000; i++) {
        text.append(bomb.formatted(i));
      }
      assertThat(refused(text.toString()).exitCode()).as(bomb).isEqualTo(2);
    }
    assertThat(refusal("a = " + "[1] ".repeat(60_000)))
        .isEqualTo("f.conf:1: a bracket right behind a value; a comma or a new line is due");
    assertThat(refusal("a = " + "{x:1}".repeat(50_000)))
        .isEqualTo("f.conf:1: a bracket right behind a value; a comma or a new line is due");
    assertThat(refusal("a = " + "x ".repeat(130_000)))
        .isEqualTo("f.conf:1: more than 1000 characters outside quotes; put the text in quotes");
    assertThat(refusal("a" + ".a".repeat(50_000) + " = 1"))
        .isEqualTo("f.conf:1: more than 1000 characters outside quotes; put the text in quotes");
    assertThat(refusal("a = " + "true".repeat(60_000)))
        .isEqualTo("f.conf:1: more than 1000 characters outside quotes; put the text in quotes");
  }

  @Test
  void bytesThatAreNoTextAreRefused() {
    assertThat(refused(new byte[] {'a', (byte) 0xC3, '='})).hasMessage(
        "f.conf: byte 1 is not UTF-8; scenario files are UTF-8 text");
    assertThat(refused(new byte[] {'a', '=', (byte) 0xC3})).hasMessage(
        "f.conf: byte 2 is not UTF-8; scenario files are UTF-8 text");
    assertThat(refusal("name = a\0b")).isEqualTo("f.conf:1: control character 0x0; only text is allowed");
    assertThat(refusal("name = \"a\u001b\"")).isEqualTo("f.conf:1: control character 0x1b; only text is allowed");
  }

  @Test
  void whatIsNoHoconIsOneLine() {
    assertThat(refusal("name = {\n\u202Eq: ]"))
        .isEqualTo("f.conf:2: character U+202E outside quotes; put the text in quotes");
    assertThat(refusal("name = {\nq: ]")).startsWith("f.conf:2: syntax: ").doesNotContain("\n");
    assertThat(refusal("[1, 2]")).startsWith("f.conf:1: syntax: ");
    assertThat(refusal("name = a\ngoals = [ {\n")).isEqualTo("f.conf:2: a bracket { that is never closed; } is due");
    assertThat(refusal("name = a\ngoals = [\n4\n")).isEqualTo("f.conf:2: a bracket [ that is never closed; ] is due");
    assertThat(refusal("name = a\ngoals = [ { ]\n")).startsWith("f.conf:2: syntax: ");
    assertThat(refusal("vm {\nname = \"a\n")).startsWith("f.conf:2: syntax: ");
  }

  @Test
  void mutatedFilesAreReadOrRefusedAndNothingElse() {
    Catalogue catalogue = new Catalogue();
    List<byte[]> seeds = new ArrayList<>();
    catalogue.names().forEach(name -> seeds.add(catalogue.text(name).getBytes(StandardCharsets.UTF_8)));
    seeds.add(Catalogue.template().getBytes(StandardCharsets.UTF_8));
    byte[][] pieces = {{'{'}, {'}'}, {'['}, {'"'}, {'"', '"', '"'}, {'='}, {','}, {'\n'}, {'.'}, {'#'}, {'-', '1'},
        {'9', '9', '9', '9', '9', '9', '9', '9', '9', '9'}, {(byte) 0xE2, (byte) 0x80, (byte) 0xAE},
        {'n', 'u', 'l', 'l'},
        {'1', 'e', '9', '9', '9'}, {'\\', 'u', 'd', '8', '0', '0'}, {'$'}, {'+'}, {'@'}, {':'}};
    Draws draws = new Draws(1);
    int read = 0;
    for (int i = 0; i < 600; i++) {
      byte[] bytes = seeds.get(draws.below(seeds.size())).clone();
      for (int n = draws.below(3); n >= 0; n--) {
        bytes = mutated(bytes, pieces[draws.below(pieces.length)], draws);
      }
      try {
        ScenarioFile.parse("f.conf", bytes);
        read++;
      } catch (Refused refused) {
        assertThat(refused.getMessage()).startsWith("f.conf").doesNotContain("\n", "\u202E", "\u001b");
      }
    }
    assertThat(read).isBetween(1, 599);
  }

  private static byte[] mutated(byte[] bytes, byte[] piece, Draws draws) {
    int from = draws.below(bytes.length);
    int cut = draws.below(3) == 0 ? draws.below(Math.min(20, bytes.length - from)) : 0;
    byte[] insert = draws.below(3) == 0 ? new byte[0] : piece;
    byte[] mutated = new byte[bytes.length - cut + insert.length];
    System.arraycopy(bytes, 0, mutated, 0, from);
    System.arraycopy(insert, 0, mutated, from, insert.length);
    System.arraycopy(bytes, from + cut, mutated, from + insert.length, bytes.length - from - cut);
    return mutated;
  }
}
