package io.stalemate.litmus.run;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** How long to look. */
enum Mode {
  /**
   * For CI: every test in one JVM configuration, both actors compiled as the JVM likes. JCStress's own preset of the
   * name takes a handful of samples a test, which shows nothing but that the tests start.
   */
  SANITY("-m", "sanity", "-iters", "5", "-time", "400", "-strideSize", "256", "-strideCount", "40",
      "-sc", "false", "-af", "NONE", "-jvmArgs", "-XX:+UseSerialGC"),
  /** Every combination of compilers for the actors, with the JIT's randomised scheduling too. */
  QUICK("-m", "quick"),
  /** The same, overnight. */
  TOUGH("-m", "tough");

  private final List<String> options;

  Mode(String... options) {
    this.options = List.of(options);
  }

  /** What it is for JCStress. */
  List<String> options() {
    return options;
  }

  /** The mode called {@code word}, in lower case. */
  static Optional<Mode> of(String word) {
    for (Mode mode : values()) {
      if (mode.word().equals(word)) {
        return Optional.of(mode);
      }
    }
    return Optional.empty();
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
