package io.stalemate.cli;

import io.stalemate.scenario.file.Catalogue;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code template}: a scenario file to start from. */
@Command(name = "template",
    description = "Prints a commented scenario file with every key, or a built-in one.",
    mixinStandardHelpOptions = true, version = Main.VERSION)
@SuppressWarnings("NullAway.Init")
final class TemplateCommand implements Callable<Integer> {

  @Mixin
  private GlobalOptions global;

  @Parameters(index = "0", arity = "0..1", paramLabel = "SCENARIO", description = "a built-in scenario")
  private @Nullable String scenario;

  /** For picocli. */
  TemplateCommand() {}

  @Override
  public Integer call() {
    global.out().print(scenario == null ? Catalogue.template() : new Catalogue().text(scenario));
    global.out().flush();
    return ExitCode.PASS;
  }
}
