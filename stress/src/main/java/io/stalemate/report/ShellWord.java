package io.stalemate.report;

import io.stalemate.scenario.input.Safe;
import java.util.regex.Pattern;

/** Text as one word of a POSIX shell, for commands that people copy. */
public final class ShellWord {

  /** What a shell takes as it stands. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./+:@%=,-]+");

  private ShellWord() {}

  /** Yields {@code text}, in quotes if it needs them; what cannot be printed is replaced. */
  public static String of(String text) {
    return PLAIN.matcher(text).matches() ? text : "'" + Safe.print(text).replace("'", "'\\''") + "'";
  }
}
