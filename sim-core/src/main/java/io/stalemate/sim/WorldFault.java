package io.stalemate.sim;

/** A fault of the simulator or of kernel text in it, never of a user: exit 9, with the state as its message. */
public final class WorldFault extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** A fault with {@code message}. */
  public WorldFault(String message) {
    super(message);
  }

  /** A fault with {@code message}, caused by {@code cause}. */
  public WorldFault(String message, Throwable cause) {
    super(message, cause);
  }
}
