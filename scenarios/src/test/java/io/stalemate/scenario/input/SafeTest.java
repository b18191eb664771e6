package io.stalemate.scenario.input;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SafeTest {

  @Test
  void terminalSequencesLoseTheirControlCharacters() {
    assertThat(Safe.print("\u001b]8;;http://x\u0007link\u001b[31m\u009b2J\r\n\b"))
        .isEqualTo("\uFFFD]8;;http://x\uFFFDlink\uFFFD[31m\uFFFD2J\uFFFD\uFFFD\uFFFD");
  }

  @Test
  void directionOverridesAndInvisibleCharactersAreReplaced() {
    assertThat(Safe.print("a\u202Eb\u2066c\u200Fd\u061Ce\uFEFFf\u2028g"))
        .isEqualTo("a\uFFFDb\uFFFDc\uFFFDd\uFFFDe\uFFFDf\uFFFDg");
  }

  @Test
  void loneSurrogatesAreReplacedAndPairsKept() {
    assertThat(Safe.print("\uD83D\uDE00 \uD83D")).isEqualTo("\uD83D\uDE00 \uFFFD");
  }

  @Test
  void everyControlCharacterIsUnsafeAndNoPrintableAsciiIs() {
    for (int c = 0; c < 0x100; c++) {
      boolean printable = c >= 0x20 && c < 0x7F || c >= 0xA0 && c != 0xAD;
      assertThat(Safe.unsafe(c)).as("U+%04X", c).isEqualTo(!printable);
    }
  }

  @Test
  void quotesAreCut() {
    assertThat(Safe.quote("x".repeat(61))).isEqualTo("'" + "x".repeat(60) + "...'");
    assertThat(Safe.quote("x".repeat(60))).isEqualTo("'" + "x".repeat(60) + "'");
  }
}
