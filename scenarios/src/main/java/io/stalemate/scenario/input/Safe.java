package io.stalemate.scenario.input;

/**
 * Makes foreign text fit for a terminal or a one-line message. Control characters (C0, DEL, C1), line and paragraph
 * separators, characters that turn the writing direction, invisible ones and lone surrogates become U+FFFD, so that no
 * escape sequence and no reordering survives.
 */
public final class Safe {

  /** Characters of foreign text that a message repeats at most. */
  public static final int QUOTED_MAX = 60;

  private static final int REPLACEMENT = 0xFFFD;

  /** First and last of each range of unsafe code points. */
  private static final int[][] UNSAFE = {
    {0x0000, 0x001F}, // C0
    {0x007F, 0x009F}, // DEL, C1
    {0x00AD, 0x00AD}, // soft hyphen
    {0x061C, 0x061C}, // arabic letter mark
    {0x200B, 0x200F}, // zero width, left-to-right and right-to-left marks
    {0x2028, 0x202E}, // separators, embeddings, overrides
    {0x2060, 0x206F}, // invisible operators, isolates
    {0xD800, 0xDFFF}, // surrogates without a partner
    {0xFEFF, 0xFEFF}, // byte order mark
    {0xFFF9, 0xFFFB}, // interlinear annotation
    {0xE0000, 0xE007F}, // tags
  };

  private Safe() {}

  /** Yields {@code foreign} with every unsafe character replaced; the number of code points stays the same. */
  public static String print(String foreign) {
    StringBuilder safe = new StringBuilder(foreign.length());
    foreign.codePoints().forEach(c -> safe.appendCodePoint(unsafe(c) ? REPLACEMENT : c));
    return safe.toString();
  }

  /** Yields {@code foreign}, safe, in single quotes, cut after {@link #QUOTED_MAX} characters. */
  public static String quote(String foreign) {
    if (foreign.codePointCount(0, foreign.length()) <= QUOTED_MAX) {
      return "'" + print(foreign) + "'";
    }
    return "'" + print(foreign.substring(0, foreign.offsetByCodePoints(0, QUOTED_MAX))) + "...'";
  }

  /** Whether {@link #print} would replace the code point. */
  public static boolean unsafe(int codePoint) {
    for (int[] range : UNSAFE) {
      if (codePoint >= range[0] && codePoint <= range[1]) {
        return true;
      }
    }
    return false;
  }
}
