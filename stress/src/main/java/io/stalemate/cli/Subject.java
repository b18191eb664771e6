package io.stalemate.cli;

import io.stalemate.report.ShellWord;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.scenario.file.ScenarioFile;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import io.stalemate.session.Case;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** Finds the scenario that an argument means: a built-in one, or a file. */
final class Subject {

  private Subject() {}

  /** Yields the case of a scenario's name or file. */
  static Case of(String scenarioOrFile, Optional<String> system, Optional<String> era, Optional<String> race) {
    return looksLikeFile(scenarioOrFile)
        ? Case.of(ScenarioFile.read(path(scenarioOrFile)), false, system, era, race)
        : Case.of(new Catalogue().scenario(scenarioOrFile), true, system, era, race);
  }

  /** Whether an argument, where tokens and traces are expected as well, means a scenario. */
  static boolean isScenario(String argument) {
    return argument.endsWith(ScenarioFile.SUFFIX)
        || (new Catalogue().has(argument) && !Files.isRegularFile(path(argument)));
  }

  /** Whether an argument means a scenario file and not a built-in scenario. */
  static boolean looksLikeFile(String argument) {
    return argument.endsWith(ScenarioFile.SUFFIX) || argument.indexOf('/') >= 0 || argument.indexOf('.') >= 0
        || (!new Catalogue().has(argument) && Files.isRegularFile(path(argument)));
  }

  /** Yields the scenario of {@code --file}, if one was given. */
  static Optional<Scenario> file(Optional<String> path) {
    return path.map(each -> ScenarioFile.read(path(each)));
  }

  /** Yields what a command that takes a token of {@code subject} needs besides: the file, if it is of one. */
  static String fileOption(Case subject, Optional<String> path) {
    return subject.isBuiltIn() ? "" : path.map(Subject::fileOption).orElse("");
  }

  /** Yields the option that leads a command to the scenario file {@code path}. */
  static String fileOption(String path) {
    return " --file " + ShellWord.of(path);
  }

  /** Yields the path that an argument names. */
  static Path path(String name) {
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw Refused.usage(Safe.quote(name) + " is no name of a file");
    }
  }
}
