package io.stalemate.cli;

import io.stalemate.report.Screen;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import io.stalemate.sim.WorldFault;
import io.stalemate.trace.TraceRefused;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** {@code stalemate}: finds, replays and explains races in KVM's memory management. */
@Command(
    name = "stalemate",
    description = "Finds, replays and explains races in KVM's memory-management protocol.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    version = Main.VERSION,
    subcommands = {
      RunCommand.class,
      ReplayCommand.class,
      ShowCommand.class,
      CompareCommand.class,
      CheckCommand.class,
      ListCommand.class,
      TemplateCommand.class,
      BenchCommand.class,
      VerifyDeterminismCommand.class
    },
    footer = {
      "",
      "Exit codes: 0 pass, 1 finding, 2 wrong usage, 3 nondeterminism, 4 nothing selected, 5 inconclusive,",
      "6 other model, 7 input refused, 8 environment, 9 internal error, 130 interrupted.",
      "First race: stalemate run yardstick --race no-retry-check"
    })
public final class Main implements Runnable {

  static final String VERSION = "stalemate 0.1.0";

  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec;

  /** Called by picocli. */
  @SuppressWarnings("NullAway.Init")
  public Main() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] args) {
    System.exit(execute(new FileOutputStream(FileDescriptor.out), System.err, args));
  }

  /** Runs a command; yields its exit code, or that of a faulty environment if its results could not be written. */
  static int execute(OutputStream out, OutputStream err, String... args) {
    Stdout results = new Stdout(out);
    PrintWriter outWriter = new PrintWriter(results, true, StandardCharsets.UTF_8);
    PrintWriter errWriter = new PrintWriter(err, true, StandardCharsets.UTF_8);
    int code = execute(outWriter, errWriter, args);
    outWriter.flush();
    if (results.isLost()) {
      errWriter.println("stalemate: the results cannot be written to stdout: " + Safe.print(results.why()));
      code = ExitCode.ENVIRONMENT;
    }
    errWriter.flush();
    return code;
  }

  /** Runs a command; yields its exit code. */
  static int execute(PrintWriter out, PrintWriter err, String... args) {
    CommandLine line = new CommandLine(new Main());
    line.setOut(out);
    line.setErr(err);
    line.setUsageHelpWidth(Screen.WIDTH);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler(Main::misused);
    line.setExecutionExceptionHandler((thrown, command, parsed) -> failed(thrown, command.getErr()));
    try {
      return line.execute(args);
    } catch (StackOverflowError | OutOfMemoryError e) {
      // picocli lets errors pass, and the JVM's exit code for them is the one of a finding.
      err.println("stalemate: internal error, please report it: " + e);
      return ExitCode.INTERNAL;
    }
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  private static int misused(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    String message = Safe.print(words(e).lines().findFirst().orElse("wrong usage"));
    if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getSuggestions().isEmpty()) {
      message += "; did you mean " + Safe.print(String.join(" or ", unmatched.getSuggestions())) + "?";
    }
    String help = command.getCommandSpec().qualifiedName() + " --help";
    command.getErr().println("stalemate: " + message + " (see " + help + ")");
    return ExitCode.USAGE;
  }

  /** What was wrong; picocli's words for what nobody asked for count in indices. */
  private static String words(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getUnmatched().isEmpty()) {
      String what = unmatched.isUnknownOption() ? "unknown option "
          : e.getCommandLine().getParent() == null ? "unknown command " : "one argument too many: ";
      return what + Safe.quote(unmatched.getUnmatched().getFirst());
    }
    return String.valueOf(e.getMessage());
  }

  private static int failed(Exception thrown, PrintWriter err) {
    if (thrown instanceof Refused refused) {
      err.println("stalemate: " + refused.getMessage());
      return refused.exitCode();
    }
    if (thrown instanceof TraceRefused refused) {
      err.println("stalemate: " + Safe.print(String.valueOf(refused.getMessage())));
      return ExitCode.INPUT_REFUSED;
    }
    if (thrown instanceof EnvironmentFault) {
      err.println("stalemate: " + thrown.getMessage());
      return ExitCode.ENVIRONMENT;
    }
    err.println("stalemate: internal error, please report it: " + Safe.print(String.valueOf(thrown)));
    if (thrown instanceof WorldFault && thrown.getCause() != null) {
      thrown = thrown.getCause() instanceof Exception cause ? cause : thrown;
    }
    for (StackTraceElement frame : firstFrames(thrown)) {
      err.println("    at " + frame);
    }
    return ExitCode.INTERNAL;
  }

  private static StackTraceElement[] firstFrames(Throwable thrown) {
    StackTraceElement[] frames = thrown.getStackTrace();
    int shown = Math.min(frames.length, 8);
    return java.util.Arrays.copyOf(frames, shown);
  }
}
