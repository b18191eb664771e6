package io.stalemate.trace;

/**
 * A trace file that is not accepted: damaged, cut short, too large or of another format. The message is one line, safe
 * to print, {@code FILE:LINE: why}. It carries no stack trace, since it tells of the file and not of the program.
 */
public final class TraceRefused extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final int line;

  TraceRefused(String file, int line, String why) {
    super(file + ":" + line + ": " + why, null, false, false);
    this.line = line;
  }

  /** The line of the file, from 1. */
  public int line() {
    return line;
  }
}
