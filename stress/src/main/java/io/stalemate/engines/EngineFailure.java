package io.stalemate.engines;

/** An engine cannot be measured. The message is one line. */
public final class EngineFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    /** It calls the correct text wrong. */
    FINDING,
    /** It cannot run here. */
    ENVIRONMENT
  }

  private final Reason reason;

  /** A failure that {@code line} tells of. */
  public EngineFailure(Reason reason, String line) {
    super(line, null, false, false);
    this.reason = reason;
  }

  /** Why it cannot be measured. */
  public Reason reason() {
    return reason;
  }

  /** The one line for the user. */
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
