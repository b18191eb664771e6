package io.stalemate.scenario.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.scenario.Draws;
import io.stalemate.scenario.input.Refused;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TokenTest {

  private static final String NAME = "abcdefghijklmnopqrstuvwxyz0123456789-";
  private static final SeedToken SAMPLE =
      new SeedToken("unmap-vs-fault", Overrides.NONE, "pct3", SeedToken.seed("9yf2ht857frdm"), "1501b95");

  static Token draw(Draws draws) {
    String scenario = "s" + draws.text(NAME, draws.below(20));
    Overrides overrides = Overrides.NONE;
    for (int n = draws.below(4); n > 0; n--) {
      overrides = overrides.with("k" + draws.text(NAME, draws.below(4)), draws.text(NAME, 1 + draws.below(8)));
    }
    String model = draws.text("0123456789abcdef", 7);
    if (draws.below(2) == 0) {
      String[] strategies = {"rnd", "pct3", "pos", "fpct12", "pb0"};
      return new SeedToken(scenario, overrides, strategies[draws.below(5)], draws.next(), model);
    }
    List<Deviation> deviations = new ArrayList<>();
    int step = -1;
    for (int n = draws.below(12); n > 0; n--) {
      step += 1 + draws.below(1 << draws.below(18));
      deviations.add(new Deviation(step, draws.below(16)));
    }
    return new ScheduleToken(scenario, overrides, model, deviations);
  }

  @Test
  void theFormIsAsDocumented() {
    assertThat(SAMPLE.text()).isEqualTo("sm1.unmap-vs-fault.pct3.9yf2ht857frdm.1501b95." + Check.of(
        "sm1.unmap-vs-fault.pct3.9yf2ht857frdm.1501b95")).hasSize(49);
    assertThat(new SeedToken("attr-vs-fault", Overrides.NONE.with("vcpus", "4").withEra("v6.12"), "pos", -1L, "1501b95")
        .text()).startsWith("sm1.attr-vs-fault,era=v6-12,vcpus=4.pos.fzzzzzzzzzzzz.1501b95.");
    assertThat(new ScheduleToken("a", Overrides.NONE, "1501b95",
        List.of(new Deviation(7, 2), new Deviation(8, 0), new Deviation(1031, 1))).text())
        .startsWith("sx1.a.1501b95.e80e2zr.");
    assertThat(new ScheduleToken("a", Overrides.NONE, "1501b95", List.of()).text()).startsWith("sx1.a.1501b95.-.");
  }

  @Test
  void everyTokenReadsBackAsItself() {
    Draws draws = new Draws(11);
    for (int i = 0; i < 5000; i++) {
      Token token = draw(draws);
      assertThat(Token.parse(token.text())).isEqualTo(token);
    }
  }

  @Test
  void everyCharacterIsSafeInShellsAndUrls() {
    Draws draws = new Draws(12);
    for (int i = 0; i < 1000; i++) {
      assertThat(draw(draws).text()).matches("[a-z0-9.,=-]{1,200}");
    }
  }

  @Test
  void whatMailAndShellsPutAroundIsTakenOff() {
    String text = SAMPLE.text();
    for (String wrapped : List.of("  " + text + "\n", "'" + text + "'", "Found-with: " + text,
        "found-with:\"" + text + "\"", "`" + text + "`", "stalemate replay " + text, "replay " + text,
        "./stalemate show " + text, "'stalemate  replay\t" + text + "'",
        "Found-with: `stalemate show '" + text + "'`")) {
      assertThat(Token.parse(wrapped)).isEqualTo(SAMPLE);
      assertThat(Token.claimed(wrapped)).isTrue();
    }
    assertThat(Token.claimed("yardstick")).isFalse();
    assertThat(Token.claimed("replay yardstick")).isFalse();
    assertThat(Token.claimed("smoke/test.scenario.conf")).isFalse();
  }

  @Test
  void nothingElseAroundATokenIsForgiven() {
    String text = SAMPLE.text();
    for (String wrapped : List.of("stalemate run " + text, "stalemate " + text, "replay replay " + text,
        "stalemate replay " + text + " yardstick")) {
      assertThatThrownBy(() -> Token.parse(wrapped)).as(wrapped).isInstanceOf(Refused.class);
    }
    assertThatThrownBy(() -> Token.parse("stalemate replay " + text + " --file a.conf"))
        .isInstanceOf(Refused.class)
        .hasMessage("token '" + text + "' and options in one word; give the options after it, each a word of its own");
  }

  @Test
  void everySingleTypingErrorIsCaught() {
    Draws draws = new Draws(13);
    long tried = 0;
    for (int i = 0; i < 200; i++) {
      String text = draw(draws).text();
      for (int at = 0; at <= text.length(); at++) {
        String before = text.substring(0, at);
        for (int c = 0; c < Check.ALPHABET.length(); c++) {
          tried += caught(text, before + Check.ALPHABET.charAt(c) + text.substring(at));
          if (at < text.length()) {
            tried += caught(text, before + Check.ALPHABET.charAt(c) + text.substring(at + 1));
          }
        }
        if (at < text.length()) {
          tried += caught(text, before + text.substring(at + 1));
        }
        for (int other = at + 1; other < text.length(); other++) {
          char[] swapped = text.toCharArray();
          swapped[at] = text.charAt(other);
          swapped[other] = text.charAt(at);
          // Any two within the body; neighbours everywhere.
          if (other == at + 1 || other < text.length() - 4) {
            tried += caught(text, new String(swapped));
          }
        }
      }
    }
    assertThat(tried).isGreaterThan(500_000);
  }

  private static int caught(String text, String damaged) {
    if (damaged.equals(text)) {
      return 0;
    }
    try {
      throw new AssertionError(text + " damaged to " + damaged + " was read as " + Token.parse(damaged));
    } catch (Refused refused) {
      return 1;
    }
  }

  @Test
  void fourSubstitutionsPassLessThanOnceInTenThousand() {
    Draws draws = new Draws(14);
    int accepted = 0;
    for (int i = 0; i < 40_000; i++) {
      char[] text = SAMPLE.text().toCharArray();
      for (int n = 0; n < 4; n++) {
        text[draws.below(text.length)] = Check.ALPHABET.charAt(draws.below(Check.ALPHABET.length()));
      }
      String damaged = new String(text);
      try {
        Token.parse(damaged);
        accepted += damaged.equals(SAMPLE.text()) ? 0 : 1;
      } catch (Refused refused) {
        assertThat(refused.exitCode()).isEqualTo(7);
      }
    }
    assertThat(accepted).isLessThan(5);
  }

  @Test
  void aSoundCheckWordDoesNotExcuseTheRest() {
    refuses("sm2.a.rnd.0000000000000.1501b95", "format 'sm2'; did you mean 'sm1'?");
    refuses("sm1.A.rnd.0000000000000.1501b95".toLowerCase().replace("a", "0"),
        "scenario '0'; a lower-case letter, then up to 39 of a-z 0-9 - are allowed");
    refuses("sm1.a.rnd.g000000000000.1501b95",
        "seed 'g000000000000'; 13 base-32 characters, the first up to f, are due");
    refuses("sm1.a.rnd.000000000000o.1501b95", "'o' in a base-32 part; 0123456789abcdefghjkmnpqrstvwxyz are allowed");
    refuses("sm1.a.rnd.0000000000000.1501b9g", "model id '1501b9g'; 7 hex digits are allowed");
    refuses("sm1.a.pct03.0000000000000.1501b95", "strategy 'pct03'; 2 to 8 letters, then up to 3 digits are allowed");
    refuses("sm1.a,b=1,a=1.rnd.0000000000000.1501b95",
        "overrides ',b=1,a=1'; each key once, in ascending order, is allowed");
    refuses("sm1.a,b.rnd.0000000000000.1501b95", "override 'b'; key=value is allowed");
    refuses("sm1.a,a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1.rnd.0000000000000.1501b95",
        "9 overrides; at most 8 are allowed");
    refuses("sm1.a.rnd.1501b95", "4 parts before the check word; sm1.scenario.strategy.seed.model is allowed");
    refuses("sx1.a.1501b95.g0", "schedule 'g0'; it is cut off or not written by this program");
    refuses("sx1.a.1501b95.0", "schedule '0'; it is cut off or not written by this program");
    refuses("sx1.a.1501b95.", "not in the form that this program writes");
  }

  private static void refuses(String body, String line) {
    String text = Parts.withCheck(body);
    String shown = text.length() <= 60 ? text : text.substring(0, 60) + "...";
    assertThatThrownBy(() -> Token.parse(text)).isInstanceOf(Refused.class)
        .hasMessage("token '" + shown + "': " + line)
        .extracting(refused -> ((Refused) refused).exitCode()).isEqualTo(7);
  }

  @Test
  void otherTextIsRefusedInOneLine() {
    Draws draws = new Draws(15);
    for (int i = 0; i < 20_000; i++) {
      String text = (draws.below(2) == 0 ? "sm1." : "sx1.")
          + draws.text(Check.ALPHABET + "A\u001b\n\u202E'\"\uD83D ", draws.below(60));
      assertThatThrownBy(() -> Token.parse(text)).isInstanceOf(Refused.class).message()
          .doesNotContain("\n", "\u001b", "\u202E");
    }
    assertThatThrownBy(() -> Token.parse("")).isInstanceOf(Refused.class);
    assertThatThrownBy(() -> Token.parse("a".repeat(1_000_000))).isInstanceOf(Refused.class)
        .hasMessage("token of 1000000 characters; at most 200 are allowed");
  }

  @Test
  void aScheduleTooLongForATokenHasNone() {
    List<Deviation> deviations = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      assertThat(ScheduleToken.of("a", Overrides.NONE, "1501b95", deviations).isPresent())
          .isEqualTo(i <= 113);
      deviations.add(new Deviation(i, 0));
    }
  }

  @Test
  void seedsAreSixtyFourBits() {
    for (long seed : new long[] {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 0x5eed0007L}) {
      assertThat(SeedToken.seed(SeedToken.seedText(seed))).isEqualTo(seed);
    }
    assertThat(SeedToken.seedText(32)).isEqualTo("0000000000010");
  }

  @Test
  void anEraLosesItsDotAndGetsItBack() {
    Overrides overrides = Overrides.NONE.withEra("v6.12");
    assertThat(overrides.text()).isEqualTo(",era=v6-12");
    assertThat(overrides.era()).contains("v6.12");
  }
}
