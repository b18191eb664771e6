package io.stalemate.cli;

import io.stalemate.scenario.input.Safe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this machine calls itself, so that figures can be told apart. */
final class Hardware {

  private static final Path CPUS = Path.of("/proc/cpuinfo");
  private static final String MODEL = "model name";

  private Hardware() {}

  /** Yields the CPU's model where the system tells it, else the architecture. */
  static String cpu() {
    try {
      for (String line : Files.readAllLines(CPUS)) {
        if (line.startsWith(MODEL)) {
          return Safe.print(line.substring(line.indexOf(':') + 1).strip());
        }
      }
    } catch (IOException e) {
      // No Linux: the architecture has to do.
    }
    return System.getProperty("os.arch");
  }
}
