package io.stalemate.cli;

/** The five words a command can end with. */
enum Verdict {
  PASS(ExitCode.PASS),
  FINDING(ExitCode.FINDING),
  INCONCLUSIVE(ExitCode.INCONCLUSIVE),
  NONDETERMINISM(ExitCode.NONDETERMINISM),
  ERROR(ExitCode.INTERNAL);

  private final int exitCode;

  Verdict(int exitCode) {
    this.exitCode = exitCode;
  }

  int exitCode() {
    return exitCode;
  }
}
