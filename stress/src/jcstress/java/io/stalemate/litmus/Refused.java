package io.stalemate.litmus;

import java.util.function.IntSupplier;

/** Turns what the machine refuses to do into a value, for siblings that are broken on purpose. */
final class Refused {

  /** The value of an actor that could not go on. */
  static final int VALUE = -99;

  private Refused() {}

  /** Yields what {@code text} does, or {@link #VALUE} if it reached for a frame that is none or misused a primitive. */
  static int or(IntSupplier text) {
    try {
      return text.getAsInt();
    } catch (IllegalStateException | IllegalArgumentException e) {
      return VALUE;
    }
  }
}
