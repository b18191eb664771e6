package io.stalemate.report;

/**
 * Emphasis on a terminal, or none.
 *
 * @param on whether ANSI sequences are written; what is read does not depend on it
 */
public record Colour(boolean on) {

  private static final String BOLD_RED = "\u001b[1;31m";
  private static final String BOLD = "\u001b[1m";
  private static final String FAINT = "\u001b[2m";
  private static final String PLAIN = "\u001b[0m";

  /** Yields {@code text} as an alarm: the BUG line, the violation. */
  public String alarm(String text) {
    return in(BOLD_RED, text);
  }

  /** Yields {@code text} so that it stands out: the racing accesses. */
  public String strong(String text) {
    return in(BOLD, text);
  }

  /** Yields {@code text} so that it stands back: what was folded. */
  public String faint(String text) {
    return in(FAINT, text);
  }

  private String in(String colour, String text) {
    return on && !text.isEmpty() ? colour + text + PLAIN : text;
  }
}
