package io.stalemate.cli;

import io.stalemate.scenario.file.Catalogue;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code template}: a scenario file to start from. */
@Command(name = "template",
    description = "Prints a commented scenario file with every key, or a built-in scenario's file.",
    mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init")
final class TemplateCommand implements Callable<Integer> {

  @Mixin
  private GlobalOptions global;

  @Parameters(arity = "0..1", paramLabel = "SCENARIO", description = "a built-in scenario")
  private String[] scenario;

  /** For picocli. */
  TemplateCommand() {}

  @Override
  public Integer call() {
    global.out().print(
        scenario == null || scenario.length == 0 ? Catalogue.template() : new Catalogue().text(scenario[0]));
    return ExitCode.PASS;
  }
}
