package io.stalemate.trace;

import java.util.HexFormat;

/**
 * Foreign text in a trace file, as printable ASCII: a backslash, {@code u} and four hexadecimal digits stand for any
 * other character. So a file holds no control characters, whatever a scenario's author named a task.
 */
final class Escaped {

  private static final char FIRST_PRINTABLE = 0x20;
  private static final char LAST_PRINTABLE = 0x7e;

  private Escaped() {}

  /** Yields {@code text} in printable ASCII. */
  static String text(String text) {
    return escape(text, "\\");
  }

  /** Yields {@code name} in printable ASCII without blanks and without what separates the parts of an event line. */
  static String name(String name) {
    return escape(name, "\\ #=\"");
  }

  private static String escape(String text, String besides) {
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < FIRST_PRINTABLE || c > LAST_PRINTABLE || besides.indexOf(c) >= 0) {
        out.append("\\u").append(HexFormat.of().toHexDigits(c));
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  /** Yields what was escaped. @throws IllegalArgumentException if {@code escaped} has a broken escape */
  static String undo(String escaped) {
    StringBuilder out = new StringBuilder(escaped.length());
    for (int i = 0; i < escaped.length(); i++) {
      char c = escaped.charAt(i);
      if (c != '\\') {
        out.append(c);
      } else if (i + 5 < escaped.length() && escaped.charAt(i + 1) == 'u') {
        out.append((char) Numbers.parseHex(escaped.substring(i + 2, i + 6)));
        i += 5;
      } else {
        throw new IllegalArgumentException("broken escape in '" + escaped + "'");
      }
    }
    return out.toString();
  }
}
