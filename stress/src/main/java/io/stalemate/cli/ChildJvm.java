package io.stalemate.cli;

import io.stalemate.scenario.input.Safe;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** This program once more, on the same Java and class path, in a process of its own with other options for the JVM. */
final class ChildJvm {

  private static final List<String> NEEDED = List.of(
      "--add-exports=java.base/jdk.internal.vm=ALL-UNNAMED",
      "--sun-misc-unsafe-memory-access=allow",
      "--enable-native-access=ALL-UNNAMED");

  private ChildJvm() {}

  /** Yields what starts a JVM with {@code jvmOptions} that runs a command of this program. */
  static List<String> command(List<String> jvmOptions, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(NEEDED);
    command.addAll(jvmOptions);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(arguments);
    return command;
  }

  /**
   * Runs a command and yields what it printed, stdout and stderr, line by line.
   *
   * @throws EnvironmentFault if it cannot be started, or ends otherwise than with exit code 0
   */
  static List<String> run(List<String> jvmOptions, List<String> arguments) {
    try {
      Process process = new ProcessBuilder(command(jvmOptions, arguments)).redirectErrorStream(true).start();
      try (Interruption interruption = new Interruption(process::destroyForcibly)) {
        process.getOutputStream().close();
        List<String> lines = lines(process);
        int code = process.waitFor();
        if (code != 0 || interruption.happened()) {
          throw new EnvironmentFault("a JVM with " + describe(jvmOptions) + " ended with exit code " + code
              + (lines.isEmpty() ? "" : ": " + Safe.print(lines.getFirst())));
        }
        return lines;
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw new EnvironmentFault("a JVM with " + describe(jvmOptions) + " cannot be run: "
          + Safe.print(String.valueOf(e.getMessage())));
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while waiting for a JVM", e);
    }
  }

  private static List<String> lines(Process process) throws IOException {
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      return reader.lines().toList();
    }
  }

  /** Yields the options as text. */
  static String describe(List<String> jvmOptions) {
    return jvmOptions.isEmpty() ? "no options" : Safe.print(String.join(" ", jvmOptions));
  }
}
