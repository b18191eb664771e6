package io.stalemate.jvm;

/** Misuse of a primitive by kernel text: what lockdep would report. */
final class Misuse {

  private Misuse() {}

  /** @throws IllegalStateException naming {@code object} and {@code what} unless {@code holds} */
  static void check(boolean holds, String object, String what) {
    if (!holds) {
      throw new IllegalStateException(object + ": " + what + ", by " + Thread.currentThread().getName());
    }
  }
}
