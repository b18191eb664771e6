package io.stalemate.check.format;

/** Foreign text in Markdown, so that it is shown as it is. */
final class MarkdownText {

  private static final String SPECIAL = "\\`*_{}[]()#!|~@$";

  /** Words of one text at most, in code points: a summary is to be read. */
  private static final int WORDS_MAX = 2000;

  private MarkdownText() {}

  /** Yields {@code text} as plain words, also within a table; of very long ones the beginning. */
  static String words(String text) {
    StringBuilder out = new StringBuilder();
    String cut = text.codePointCount(0, text.length()) <= WORDS_MAX
        ? text
        : text.substring(0, text.offsetByCodePoints(0, WORDS_MAX)) + "...";
    html(cut).codePoints().forEach(c -> {
      if (SPECIAL.indexOf(c) >= 0) {
        out.append('\\');
      }
      out.appendCodePoint(c);
    });
    return out.toString();
  }

  /** Yields {@code text} as words within an HTML element, where no Markdown is read. */
  static String html(String text) {
    return Text.line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  /** Yields {@code text} as a code span, outside tables. */
  static String code(String text) {
    String line = Text.line(text);
    String fence = "`".repeat(longestRun(line) + 1);
    // A blank on either side keeps a backtick at an end apart; it is not shown.
    String pad = line.startsWith("`") || line.endsWith("`") ? " " : "";
    return line.isBlank() ? "" : fence + pad + line + pad + fence;
  }

  /** Yields {@code text} as a code span within a table, where a bar would end the cell even in code. */
  static String codeInTable(String text) {
    return code(text).replace("|", "\\|");
  }

  /** Yields {@code text} as a block of code, ending with a line feed. */
  static String block(String language, String text) {
    String fence = "`".repeat(Math.max(3, longestRun(text) + 1));
    return fence + language + "\n" + Text.block(text) + fence + "\n";
  }

  private static int longestRun(String text) {
    int longest = 0;
    int run = 0;
    for (int i = 0; i < text.length(); i++) {
      run = text.charAt(i) == '`' ? run + 1 : 0;
      longest = Math.max(longest, run);
    }
    return longest;
  }
}
