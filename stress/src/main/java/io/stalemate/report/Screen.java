package io.stalemate.report;

import java.util.ArrayList;
import java.util.List;

/**
 * What a text is rendered for.
 *
 * @param width columns; nothing but tokens and commands, which are to be copied, is wider
 * @param ascii whether only ASCII may be used
 * @param colour emphasis
 */
public record Screen(int width, boolean ascii, Colour colour) {

  /** Columns where nothing else is known. */
  public static final int WIDTH = 100;

  private static final int WIDTH_MIN = 60;

  /** Checks that there is room. */
  public Screen {
    if (width < WIDTH_MIN) {
      throw new IllegalArgumentException("a screen of " + width + " columns; at least " + WIDTH_MIN + " are needed");
    }
  }

  String arrow() {
    return ascii ? "->" : "→";
  }

  /** What marks a racing access. */
  String mark() {
    return ascii ? ">" : "»";
  }

  String rule(int length) {
    return (ascii ? "-" : "─").repeat(Math.max(0, length));
  }

  /** Yields {@code text}, cut to {@code length} columns with an ellipsis. */
  String cut(String text, int length) {
    if (text.length() <= length) {
      return text;
    }
    String ellipsis = ascii ? "..." : "…";
    return length <= ellipsis.length()
        ? text.substring(0, Math.max(0, length))
        : text.substring(0, length - ellipsis.length()) + ellipsis;
  }

  /** Yields {@code text} broken at blanks into lines that fit; lines after the first start with {@code indent}. */
  public List<String> wrap(String text, String indent) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    boolean first = true;
    for (String word : text.split(" ", -1)) {
      if (line.length() + 1 + word.length() > width && !line.toString().isBlank()) {
        lines.add(line.toString());
        line.setLength(0);
        line.append(indent).append(word);
      } else {
        line.append(first ? "" : " ").append(word);
      }
      first = false;
    }
    lines.add(line.toString());
    return lines;
  }

  /** Yields {@code text} followed by blanks up to {@code length}. */
  static String padded(String text, int length) {
    return text + " ".repeat(Math.max(0, length - text.length()));
  }
}
