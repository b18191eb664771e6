package io.stalemate.check.format;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextTest {

  @Test
  void nothingIsLeftThatXmlOrATerminalWouldTrip() {
    StringBuilder all = new StringBuilder();
    for (int c = 0; c <= 0x2FFFF; c++) {
      all.appendCodePoint(c);
    }

    assertThat(Text.line(all.toString()).codePoints()).allMatch(c ->
        (c >= 0x20 && c <= 0xD7FF || c >= 0xE000 && c <= 0xFFFD || c >= 0x10000) && !Character.isISOControl(c));
  }

  @Test
  void aLineIsOneLineAndABlockKeepsItsLines() {
    assertThat(Text.line("a\r\nb\tc\nd\re")).isEqualTo("a b c d e");
    assertThat(Text.block("a  \r\nb\tc\n\n d\re\n\n")).isEqualTo("a\nb c\n\n d\ne\n");
    assertThat(Text.block("")).isEqualTo("\n");
  }
}
