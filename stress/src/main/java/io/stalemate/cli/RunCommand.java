package io.stalemate.cli;

import io.stalemate.actors.Worlds;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import io.stalemate.scenario.token.Model;
import io.stalemate.session.Case;
import io.stalemate.session.Explanation;
import io.stalemate.session.RaceEffect;
import io.stalemate.session.Runner;
import io.stalemate.session.Session;
import io.stalemate.session.Strategies;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code run}: many runs of one scenario; the first finding is explained. */
@Command(name = "run", description = "Runs a scenario many times under a strategy and explains the first finding.",
    mixinStandardHelpOptions = true, version = Main.VERSION)
@SuppressWarnings("NullAway.Init")
final class RunCommand implements Callable<Integer> {

  /** Runs that are done with and without a race, to see whether it changes anything. */
  static final int EFFECT_RUNS = 1000;

  private static final long RUNS_DEFAULT = 100_000;
  private static final int WORKERS_MAX = 64;
  private static final Pattern SEED = Pattern.compile("(0x)?[0-9a-fA-F]{1,16}");

  @Mixin
  private GlobalOptions global;

  @Parameters(index = "0", paramLabel = "SCENARIO|FILE", description = "a built-in scenario or a *.scenario.conf file")
  private String scenario;

  @Option(names = "--race", paramLabel = "RACE", description = "puts a known race back ('list races')")
  private @Nullable String race;

  @Option(names = "--system", paramLabel = "SYSTEM",
      description = "runs on another of the scenario's systems, for example kvm-x86")
  private @Nullable String system;

  @Option(names = "--era", paramLabel = "ERA", description = "runs the text of another kernel, for example v5.15")
  private @Nullable String era;

  @Option(names = "--strategy", paramLabel = "S", defaultValue = "random",
      description = "random (default), pct<d> or fpct<d>")
  private String strategy;

  @Option(names = "--seed", paramLabel = "HEX", defaultValue = "5eed",
      description = "the session's seed (default ${DEFAULT-VALUE}); another one explores other schedules")
  private String seed;

  @ArgGroup
  private @Nullable Budget budget;

  @Option(names = "--workers", paramLabel = "N", description = "worlds run side by side; default: one a core")
  private @Nullable Integer workers;

  @Option(names = "--keep-going", description = "goes on after a finding and counts findings by signature")
  private boolean keepGoing;

  @Option(names = "--oracle", paramLabel = "O",
      description = "only this oracle watches; may be repeated ('list oracles')")
  private List<String> oracles = List.of();

  @Option(names = "--plain-choices", description = "may switch before plain accesses too: slower, finds the same races")
  private boolean plainChoices;

  /** How long to run. */
  static final class Budget {
    @Option(names = "--runs", paramLabel = "N", description = "number of runs (default " + RUNS_DEFAULT + ")")
    @Nullable Long runs;

    @Option(names = "--for", paramLabel = "D", description = "time to run, for example 30s or 10m")
    @Nullable String duration;

    Budget() {}
  }

  /** For picocli. */
  RunCommand() {}

  @Override
  public Integer call() {
    Case subject = Subject.of(
            scenario, Optional.ofNullable(system), Optional.ofNullable(era), Optional.ofNullable(race))
        .withPlainAccessesAsChoices(plainChoices)
        .watchedBy(oracles);
    Session.Plan plan = new Session.Plan(subject, Strategies.tokenName(strategy), seed(seed), runsMax(), nanosMax(),
        workers(workers), keepGoing);
    Model model = Model.builtIn();
    Session session = new Session(plan);
    try (Worlds worlds = new Worlds(plan.workers() + 3);
        Interruption interruption = new Interruption(session::interrupt)) {
      // Asked first: a race that never comes into play would pass as correct, and its runs would mean nothing. Of the
      // scenarios on its card it is known that it does, though perhaps only in one of many runs.
      boolean worthwhile = subject.race().isEmpty() || isOnCard(subject)
          || RaceEffect.shows(subject, EFFECT_RUNS, worlds, plan.workers() + 1);
      Session.Result result = worthwhile ? run(session, plan, worlds) : session.notRun();
      RunReport report = new RunReport(global, plan, model, result, worthwhile,
          Subject.fileOption(subject, Optional.of(scenario)));
      if (!result.found().isEmpty()) {
        Runner runner = new Runner(worlds, plan.workers(), subject);
        report.explain(runner, Explanation.shortened(runner,
            Strategies.of(plan.strategy(), runner.stepsExpected()), result.found().getFirst().seed()));
      }
      report.print();
      return interruption.happened() ? ExitCode.INTERRUPTED : report.verdict().exitCode();
    }
  }

  private static boolean isOnCard(Case subject) {
    return subject.isBuiltIn()
        && subject.race().orElseThrow().card().scenarios().contains(subject.scenario().name());
  }

  private Session.Result run(Session session, Session.Plan plan, Worlds worlds) {
    try (Ticker ticker = new Ticker(global, session, plan)) {
      return session.run(worlds);
    }
  }

  private long runsMax() {
    if (budget == null || (budget.runs == null && budget.duration == null)) {
      return RUNS_DEFAULT;
    }
    if (budget.runs == null) {
      return Long.MAX_VALUE;
    }
    if (budget.runs < 1) {
      throw Refused.usage("--runs " + budget.runs + "; at least 1 is allowed");
    }
    return budget.runs;
  }

  private long nanosMax() {
    return budget == null || budget.duration == null ? Long.MAX_VALUE : Duration.nanos(budget.duration);
  }

  /** Yields how many workers {@code asked} for, or one a core. */
  static int workers(@Nullable Integer asked) {
    int wanted = asked == null ? Math.min(WORKERS_MAX, Runtime.getRuntime().availableProcessors()) : asked;
    if (wanted < 1 || wanted > WORKERS_MAX) {
      throw Refused.usage("--workers " + wanted + "; 1 to " + WORKERS_MAX + " are allowed");
    }
    return wanted;
  }

  /** Yields the seed that {@code text} is. */
  static long seed(String text) {
    if (!SEED.matcher(text).matches()) {
      throw Refused.usage("seed " + Safe.quote(text) + "; 1 to 16 hex digits are allowed");
    }
    return Long.parseUnsignedLong(text.startsWith("0x") ? text.substring(2) : text, 16);
  }
}
