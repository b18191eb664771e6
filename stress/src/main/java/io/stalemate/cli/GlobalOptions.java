package io.stalemate.cli;

import java.io.PrintWriter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options that every command takes, and where it prints. */
@SuppressWarnings("NullAway.Init")
final class GlobalOptions {

  /** When to do something that depends on the terminal. */
  enum When {
    AUTO,
    ALWAYS,
    NEVER
  }

  /** How progress is shown. */
  enum Progress {
    AUTO,
    LINE,
    NONE
  }

  @Spec(Target.MIXEE)
  private CommandSpec command;

  @Option(names = "--json", description = "one JSON document on stdout")
  private boolean json;

  @Option(names = "--quiet", description = "no progress and no splat on stderr")
  private boolean quiet;

  @Option(names = "--color", defaultValue = "auto", paramLabel = "WHEN",
      description = "auto, always or never (NO_COLOR is honoured)")
  private When color;

  @Option(names = "--ascii", description = "no characters beyond ASCII in drawings")
  private boolean ascii;

  @Option(names = "--progress", defaultValue = "auto", paramLabel = "HOW",
      description = "auto, line (one each 15 s) or none")
  private Progress progress;

  /** For picocli. */
  GlobalOptions() {}

  boolean json() {
    return json;
  }

  boolean quiet() {
    return quiet;
  }

  boolean ascii() {
    return ascii;
  }

  Progress progress() {
    return quiet ? Progress.NONE : progress;
  }

  boolean colour() {
    return switch (color) {
      case ALWAYS -> true;
      case NEVER -> false;
      case AUTO -> System.getenv("NO_COLOR") == null && isTerminal();
    };
  }

  /** Whether a person is likely to be watching. */
  static boolean isTerminal() {
    return System.console() != null && System.console().isTerminal();
  }

  PrintWriter out() {
    return command.commandLine().getOut();
  }

  PrintWriter err() {
    return command.commandLine().getErr();
  }
}
