package io.stalemate.scenario.input;

/**
 * Input that is not accepted. The message is one line, safe to print: where it was, what was given, what is allowed.
 * It carries no stack trace, since it tells of the input and not of the program.
 */
public final class Refused extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Why, as far as the exit code tells it. */
  public enum Reason {
    /** A user's mistake: an unknown name, a value out of range, a contradiction. */
    USAGE(2),
    /** The input belongs to another version of the model. */
    MODEL(6),
    /** The input is corrupt, too large or hostile. */
    INPUT(7);

    private final int exitCode;

    Reason(int exitCode) {
      this.exitCode = exitCode;
    }

    /** The process's exit code. */
    public int exitCode() {
      return exitCode;
    }
  }

  private final Reason reason;

  private Refused(Reason reason, String line) {
    super(line, null, false, false);
    this.reason = reason;
  }

  /** A refusal for a user's mistake, exit code 2. Foreign text in {@code line} must have gone through {@link Safe}. */
  public static Refused usage(String line) {
    return new Refused(Reason.USAGE, line);
  }

  /** A refusal of input that belongs to another model, exit code 6. */
  public static Refused model(String line) {
    return new Refused(Reason.MODEL, line);
  }

  /** A refusal of corrupt, oversized or hostile input, exit code 7. */
  public static Refused input(String line) {
    return new Refused(Reason.INPUT, line);
  }

  /** The same refusal with its place in front: {@code place: line}. */
  public Refused at(String place) {
    return new Refused(reason, place + ": " + getMessage());
  }

  public Reason reason() {
    return reason;
  }

  /** The process's exit code. */
  public int exitCode() {
    return reason.exitCode();
  }

  /** The one line for the user. */
  @Override
  public String getMessage() {
    String line = super.getMessage();
    return line == null ? "" : line;
  }
}
