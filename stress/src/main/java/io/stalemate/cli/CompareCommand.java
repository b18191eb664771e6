package io.stalemate.cli;

import io.stalemate.actors.Worlds;
import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.Worded;
import io.stalemate.scenario.input.Nearest;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import io.stalemate.scenario.token.Model;
import io.stalemate.session.Case;
import io.stalemate.session.Session;
import io.stalemate.session.Strategies;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code compare}: one scenario on every kernel it makes sense on, and where their outcomes differ. */
@Command(name = "compare", description = {
    "Runs a scenario on each of its kernels and shows where their outcomes differ.",
    "Kernels are the eras of the scenario's systems; strategy and seed are the same for all.",
    "Exit code 1 if any of them shows a finding, 0 if none does."},
    mixinStandardHelpOptions = true, version = Main.VERSION)
@SuppressWarnings("NullAway.Init")
final class CompareCommand implements Callable<Integer> {

  private static final String RUNS_DEFAULT = "10000";

  @Mixin
  private GlobalOptions global;

  @Parameters(index = "0", paramLabel = "SCENARIO|FILE", description = "a built-in scenario or a *.scenario.conf file")
  private String scenario;

  @Option(names = "--systems", paramLabel = "SYSTEM", split = ",",
      description = "only these, for example kvm-arm64,kvm-x86; default: all of the scenario's")
  private List<String> systems = List.of();

  @Option(names = "--eras", paramLabel = "ERA", split = ",",
      description = "only these, for example v6.8,v6.12; default: all of the scenario's")
  private List<String> eras = List.of();

  /** The spelling of other commands, which take one. */
  @Option(names = "--system", split = ",", hidden = true)
  private List<String> system = List.of();

  /** The spelling of other commands, which take one. */
  @Option(names = "--era", split = ",", hidden = true)
  private List<String> era = List.of();

  @Option(names = "--runs", paramLabel = "N", defaultValue = RUNS_DEFAULT,
      description = "runs on each (default ${DEFAULT-VALUE})")
  private long runs;

  @Option(names = "--strategy", paramLabel = "S", defaultValue = "random",
      description = "random (default), pct<d> or fpct<d>")
  private String strategy;

  @Option(names = "--seed", paramLabel = "HEX", defaultValue = "5eed",
      description = "the session's seed (default ${DEFAULT-VALUE})")
  private String seed;

  @Option(names = "--workers", paramLabel = "N", description = "worlds run side by side; default: one a core")
  private @Nullable Integer workers;

  /** For picocli. */
  CompareCommand() {}

  @Override
  public Integer call() {
    Case first = Subject.of(scenario, Optional.empty(), Optional.empty(), Optional.empty());
    if (runs < 1) {
      throw Refused.usage("--runs " + runs + "; at least 1 is allowed");
    }
    List<Session.Plan> plans = new ArrayList<>();
    for (Kernel kernel : kernels(first.scenario())) {
      Case subject = Case.of(first.scenario(), first.isBuiltIn(), kernel, Optional.empty());
      plans.add(new Session.Plan(subject, Strategies.tokenName(strategy), RunCommand.seed(seed), runs, Long.MAX_VALUE,
          RunCommand.workers(workers), true));
    }
    Comparison comparison = new Comparison(plans, Model.builtIn());
    boolean interrupted = run(plans, comparison);
    CompareReport report = new CompareReport(global, comparison, Subject.fileOption(first, Optional.of(scenario)));
    report.print();
    return interrupted ? ExitCode.INTERRUPTED : comparison.verdict().exitCode();
  }

  /** Runs one after the other; yields whether the user asked to stop. */
  private boolean run(List<Session.Plan> plans, Comparison comparison) {
    for (Session.Plan plan : plans) {
      Session session = new Session(plan);
      try (Worlds worlds = new Worlds(plan.workers());
          Interruption interruption = new Interruption(session::interrupt);
          Ticker ticker = new Ticker(global, session, plan)) {
        comparison.add(session.run(worlds));
        if (interruption.happened()) {
          return true;
        }
      }
    }
    return false;
  }

  private List<Kernel> kernels(Scenario of) {
    List<String> knownSystems = Worded.words(of.systems().toArray(Worded[]::new));
    List<String> systemsAsked = Stream.concat(systems.stream(), system.stream()).toList();
    List<String> erasAsked = Stream.concat(eras.stream(), era.stream()).toList();
    List<String> knownEras = of.kernels().stream().map(Kernel::era).distinct().toList();
    check(systemsAsked, knownSystems, of,
        each -> "system " + Safe.quote(each) + "; " + Nearest.hint(each, knownSystems));
    check(erasAsked, knownEras, of, each -> "era " + Safe.quote(each) + "; allowed: " + String.join(", ", knownEras));
    List<Kernel> chosen = of.kernels().stream()
        .filter(kernel -> systemsAsked.isEmpty() || systemsAsked.contains(kernel.system().word()))
        .filter(kernel -> erasAsked.isEmpty() || erasAsked.contains(kernel.era()))
        .toList();
    if (chosen.isEmpty()) {
      throw Refused.usage("scenario " + of.name() + " has none of these systems in these eras; it has "
          + String.join(", ", of.kernels().stream().map(Kernel::text).toList()));
    }
    return chosen;
  }

  private static void check(List<String> given, List<String> known, Scenario of, UnaryOperator<String> refusal) {
    for (String each : given) {
      if (!known.contains(each)) {
        throw Refused.usage("scenario " + of.name() + " has no " + refusal.apply(each));
      }
    }
  }
}
