package io.stalemate.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.scenario.file.Catalogue;
import io.stalemate.scenario.file.ScenarioFile;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.token.Model;
import io.stalemate.scenario.token.Overrides;
import io.stalemate.scenario.token.SeedToken;
import io.stalemate.session.Verdict;
import io.stalemate.strategy.Seeded;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of tokens are read in full or refused with file and line; nothing is passed over. */
class PinnedTokensTest {

  private static final Model MODEL = Model.builtIn();
  private static final String TOKEN = token(MODEL.id());

  @TempDir
  Path directory;

  private static String token(String model) {
    return new SeedToken("yardstick", Overrides.NONE, "rnd", 9, model).text();
  }

  private List<PinnedToken> read() {
    return PinnedTokens.of(directory, MODEL, file -> " --file " + file.getFileName());
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(directory.resolve(name), text);
  }

  private void refused(Refused.Reason reason, String words) {
    Refused refused = Assertions.catchThrowableOfType(Refused.class, this::read);
    assertThat(refused).isNotNull();
    assertThat(refused.reason()).as(refused.getMessage()).isEqualTo(reason);
    assertThat(refused.getMessage()).contains(words).doesNotContain("\n", "\u001b");
  }

  private void refusedText(String text, String words) throws IOException {
    write("a.tokens", text);
    refused(Refused.Reason.INPUT, words);
  }

  @Test
  void linesSayVerdictTokenAndHash() throws IOException {
    write("b.tokens", "# mine\r\n\r\nPASS  " + TOKEN + "\thash=0123456789abcdef # since v2\r\n");
    write("a.tokens", "FINDING:lockdep " + TOKEN + "\nFINDING " + TOKEN);
    write("ignored.txt", "whatever");

    List<PinnedToken> tokens = read();
    assertThat(tokens).extracting(PinnedToken::verdict)
        .containsExactly(Verdict.FINDING, Verdict.FINDING, Verdict.PASS);
    assertThat(tokens.get(0).oracle()).contains("lockdep");
    assertThat(tokens.get(1).oracle()).isEmpty();
    assertThat(tokens.get(2).hash()).contains("0123456789abcdef");
    assertThat(tokens.get(2).place().text()).isEqualTo(directory.resolve("b.tokens") + ":3");
    assertThat(tokens).allMatch(token -> token.run().token().text().equals(TOKEN));
  }

  @Test
  void aDirectoryWithoutTokensHasNone() throws IOException {
    assertThat(read()).isEmpty();
    write("a.tokens", "# nothing yet\n");
    assertThat(read()).isEmpty();
  }

  @Test
  void aDirectoryThatIsNoneIsAMistake() throws IOException {
    write("file", "");
    for (Path path : List.of(directory.resolve("none"), directory.resolve("file"))) {
      Refused refused = Assertions.catchThrowableOfType(Refused.class, () -> PinnedTokens.of(path, MODEL, file -> ""));
      assertThat(refused.reason()).isEqualTo(Refused.Reason.USAGE);
    }
  }

  @Test
  void damagedLinesAreNamed() throws IOException {
    refusedText("", "a.tokens:1: the file is empty");
    refusedText("# x\nFAIL " + TOKEN, "a.tokens:2: verdict 'FAIL'; PASS, FINDING or FINDING:oracle is allowed");
    refusedText("pass " + TOKEN, "a.tokens:1: verdict 'pass'");
    refusedText("PASS:lockdep " + TOKEN, "a.tokens:1: verdict");
    refusedText("FINDING:lockdeps " + TOKEN, "unknown oracle 'lockdeps'; did you mean 'lockdep'?");
    refusedText("FINDING: " + TOKEN, "unknown oracle ''");
    refusedText(TOKEN, "a.tokens:1: verdict");
    refusedText("PASS", "a.tokens:1: PASS without a token");
    refusedText("PASS " + TOKEN.substring(1), "a.tokens:1: ");
    refusedText("PASS " + TOKEN.replace("yardstick", "yardstock"), "does not match its check word");
    refusedText("PASS " + TOKEN + " " + TOKEN, "after the token");
    refusedText("PASS " + TOKEN + " hash=12", "16 hex digits");
    refusedText("PASS " + TOKEN + " hash=0123456789abcdef hash=0123456789abcdef", "once");
    refusedText("PASS " + TOKEN + " \u001b[31m", "a.tokens:1: a character that cannot be printed, U+001B");
    refusedText("PASS\u202e " + TOKEN, "U+202E");
    refusedText("PASS " + TOKEN + "\rFINDING " + TOKEN, "U+000D");
    refusedText("PASS " + TOKEN + " # " + "x".repeat(TokenLines.LINE_MAX), "a line of ");
  }

  @Test
  void tokensOfUnknownScenariosAreRefusedAsInput() throws IOException {
    refusedText("PASS " + new SeedToken("nowhere", Overrides.NONE, "rnd", 9, MODEL.id()).text(),
        "a.tokens:1: unknown scenario 'nowhere'");
  }

  @Test
  void tokensOfAnotherModelAreSaidToBe() throws IOException {
    write("a.tokens", "PASS " + TOKEN + "\nPASS " + token("0000000"));
    refused(Refused.Reason.MODEL, "a.tokens:2: token of model 0000000; this is model " + MODEL.id());
  }

  @Test
  void whatIsNoTextIsRefusedWithItsPlace() throws IOException {
    Files.write(directory.resolve("a.tokens"), new byte[] {'#', '\n', (byte) 0xff, (byte) 0xfe, 0, 1});
    refused(Refused.Reason.INPUT, "a.tokens:2: byte 2 is not UTF-8");
    Files.write(directory.resolve("a.tokens"), new byte[PinnedTokens.BYTES_MAX + 1]);
    refused(Refused.Reason.INPUT, "larger than 1 MiB");
    Files.delete(directory.resolve("a.tokens"));
    Files.createDirectory(directory.resolve("a.tokens"));
    refused(Refused.Reason.INPUT, "a.tokens: no regular file");
  }

  @Test
  void aScenarioFileBesideIsFoundByItsDigest() throws IOException {
    String text = new Catalogue().text("yardstick").replaceFirst("(?m)^name = .*$", "name = mine");
    write("old.scenario.conf", text.replaceFirst("(?m)^title = .*$", "title = another"));
    write("new.scenario.conf", text);
    String digest = ScenarioFile.read(directory.resolve("new.scenario.conf")).digest();
    String token = new SeedToken("mine", Overrides.NONE.with("f", digest), "rnd", 9, MODEL.id()).text();
    write("a.tokens", "PASS " + token);

    assertThat(read()).singleElement().satisfies(pinned -> {
      assertThat(pinned.fileOption()).isEqualTo(" --file new.scenario.conf");
      assertThat(pinned.run().subject().scenario().name()).isEqualTo("mine");
    });
    Files.delete(directory.resolve("new.scenario.conf"));
    refused(Refused.Reason.INPUT, "a.tokens:1: the token is of a scenario file mine with digest " + digest);
  }

  @Test
  void theBuiltInListIsOfThisModelAndHasAHashForEach() {
    List<PinnedToken> tokens = PinnedTokens.builtIn(MODEL);
    assertThat(tokens).hasSizeGreaterThan(100)
        .allMatch(token -> token.verdict() == Verdict.FINDING && token.oracle().isPresent())
        .allMatch(token -> token.hash().isPresent());
  }

  @Test
  void anyBytesAreTokensOrRefused() {
    TokenLines lines = new TokenLines(MODEL, token -> Optional.empty());
    byte[] sound = ("FINDING:lockdep " + TOKEN + " hash=0123456789abcdef # x\n").getBytes(StandardCharsets.UTF_8);
    int refusals = 0;
    for (int seed = 0; seed < 2_000; seed++) {
      Seeded random = new Seeded(seed);
      byte[] damaged = sound.clone();
      for (int change = 0; change <= seed % 4; change++) {
        damaged[random.below(damaged.length)] = (byte) random.below(256);
      }
      try {
        assertThat(lines.parse("any", damaged)).allMatch(token -> token.run().token().text().equals(TOKEN));
      } catch (Refused refused) {
        refusals++;
        assertThat(refused.getMessage()).startsWith("any:").doesNotContain("\n");
      }
    }
    assertThat(refusals).isGreaterThan(1_000);
  }
}
