package io.stalemate.cli;

/** The machine does not let the command do its work: exit code 8, one line. */
final class EnvironmentFault extends RuntimeException {

  private static final long serialVersionUID = 1L;

  EnvironmentFault(String line) {
    super(line, null, false, false);
  }
}
