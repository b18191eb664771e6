package io.stalemate.cli;

/** What the process tells its caller. */
final class ExitCode {

  static final int PASS = 0;
  static final int FINDING = 1;
  static final int USAGE = 2;
  static final int NONDETERMINISM = 3;
  static final int NOTHING_SELECTED = 4;
  static final int INCONCLUSIVE = 5;
  static final int OTHER_MODEL = 6;
  static final int INPUT_REFUSED = 7;
  static final int ENVIRONMENT = 8;
  static final int INTERNAL = 9;
  static final int INTERRUPTED = 130;

  private ExitCode() {}
}
