package io.stalemate.check.format;

import io.stalemate.scenario.input.Safe;

/**
 * Foreign text made fit for files that other tools show: no control characters, nothing that turns the writing
 * direction, no half of a surrogate pair, none of the code points that XML refuses.
 */
final class Text {

  private static final int REPLACEMENT = 0xFFFD;
  private static final int NONCHARACTERS = 0xFFFE;

  private Text() {}

  /** Yields {@code text} on one line: tabs and ends of lines become blanks. */
  static String line(String text) {
    return safe(text.replace("\r\n", " ").replace('\n', ' ').replace('\r', ' ').replace('\t', ' '));
  }

  /** Yields {@code text} with its lines, which end with a line feed, and without blanks at their ends. */
  static String block(String text) {
    StringBuilder out = new StringBuilder(text.length());
    String unix = text.replace("\r\n", "\n").replace('\r', '\n');
    for (String line : unix.split("\n", -1)) {
      out.append(safe(line.replace('\t', ' ')).stripTrailing()).append('\n');
    }
    return out.toString().stripTrailing() + "\n";
  }

  private static String safe(String text) {
    StringBuilder out = new StringBuilder(text.length());
    // Of every plane the last two code points mean nothing, and XML refuses those of the first.
    Safe.print(text).codePoints()
        .forEach(c -> out.appendCodePoint((c & NONCHARACTERS) == NONCHARACTERS ? REPLACEMENT : c));
    return out.toString();
  }
}
