package io.stalemate.cli;

import io.stalemate.actors.Worlds;
import io.stalemate.check.Check;
import io.stalemate.check.CheckReport;
import io.stalemate.check.Claim;
import io.stalemate.check.Limits;
import io.stalemate.check.PinnedToken;
import io.stalemate.check.PinnedTokens;
import io.stalemate.check.Plan;
import io.stalemate.check.Profile;
import io.stalemate.check.Suite;
import io.stalemate.check.Target;
import io.stalemate.check.format.JunitXml;
import io.stalemate.check.format.Markdown;
import io.stalemate.check.format.Sarif;
import io.stalemate.check.format.Tap;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.scenario.file.ScenarioFile;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import io.stalemate.scenario.token.Model;
import io.stalemate.session.Verdict;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code check}: the gate of a project's CI. */
@Command(name = "check", description = {
    "Says pass or fail: the gate of a project's CI.",
    "Runs pinned tokens, then of each scenario a search bounded in preemptions and a portfolio of strategies seeded "
        + "from the commit, on all its kernels; then what is planted and must be found. Work is counted in schedules: "
        + "the same commit and profile do the same on any machine.",
    "Exit code 1 if anything was found, 5 if less was done or seen than promised."},
    mixinStandardHelpOptions = true, version = Main.VERSION)
@SuppressWarnings("NullAway.Init")
final class CheckCommand implements Callable<Integer> {

  private static final int BOUND_MAX = 20;

  @Mixin
  private GlobalOptions global;

  @Parameters(paramLabel = "SCENARIO|FILE", arity = "0..*",
      description = "built-in scenarios or *.scenario.conf files; default: every built-in scenario")
  private List<String> scenarios = List.of();

  @Option(names = "--profile", paramLabel = "P", defaultValue = "quick",
      description = "quick (default), ci or nightly: how many schedules of each scenario")
  private String profileWord;

  @Option(names = "--bound", paramLabel = "N",
      description = "every schedule with at most N preemptions must have been run, or the verdict is INCONCLUSIVE")
  private @Nullable Integer bound;

  @Option(names = "--search-max", paramLabel = "N", description = "most schedules of the search of one scenario")
  private @Nullable Long searchMax;

  @Option(names = "--schedules", paramLabel = "N",
      description = "most schedules of all scenarios, split evenly between them; "
          + "a search takes at most half of each share, unless --search-max says otherwise")
  private @Nullable Long schedules;

  @Option(names = "--budget", paramLabel = "D",
      description = "time limit, for example 10m; if work is left then, the verdict is INCONCLUSIVE")
  private @Nullable String budget;

  @Option(names = "--commit", paramLabel = "ID",
      description = "seeds the portfolio; default: GITHUB_SHA, CI_COMMIT_SHA, GIT_COMMIT, or HEAD of .git")
  private @Nullable String commit;

  @Option(names = "--tokens", paramLabel = "DIR",
      description = "a directory of *.tokens files, one regression a line; may be repeated")
  private List<String> tokens = List.of();

  @Option(names = "--workers", paramLabel = "N", description = "suites run side by side; default: one a core")
  private @Nullable Integer workers;

  @Option(names = "--junit", paramLabel = "F", description = "writes JUnit XML")
  private @Nullable String junit;

  @Option(names = "--sarif", paramLabel = "F", description = "writes SARIF 2.1.0")
  private @Nullable String sarif;

  @Option(names = "--tap", paramLabel = "F", description = "writes TAP 14")
  private @Nullable String tap;

  @Option(names = "--markdown", paramLabel = "F", description = "writes a summary in Markdown")
  private @Nullable String markdown;

  @Option(names = "--inconclusive", paramLabel = "HOW", defaultValue = "fail",
      description = "fail (default, exit code 5) or skip (exit code 0)")
  private Inconclusive inconclusive;

  /** What becomes of an INCONCLUSIVE verdict. */
  enum Inconclusive { FAIL, SKIP }

  private record Output(WholeFile file, Function<CheckReport, String> form) {}

  /** For picocli. */
  CheckCommand() {}

  @Override
  public Integer call() {
    Model model = Model.builtIn();
    CommitId id = CommitId.find(commit, System.getenv(), Path.of(""));
    Profile profile = Profile.of(profileWord);
    List<Target> targets = targets();
    Limits limits = limits(profile, targets.size());
    List<Output> outputs = outputs();
    List<PinnedToken> pinned = new ArrayList<>(builtIn(model));
    List<Path> read = new ArrayList<>();
    for (String directory : tokens) {
      Path path = Subject.path(directory).toAbsolutePath().normalize();
      if (read.contains(path)) {
        throw Refused.usage("--tokens " + Safe.quote(directory) + " is named twice");
      }
      read.add(path);
      List<PinnedToken> more = PinnedTokens.of(
          Subject.path(directory), model, file -> Subject.fileOption(file.toString()));
      if (more.isEmpty()) {
        global.err().println("stalemate: --tokens " + Safe.quote(directory) + ": no token in it; a line VERDICT TOKEN "
            + "in a file *" + PinnedTokens.SUFFIX + " is one");
        return ExitCode.NOTHING_SELECTED;
      }
      pinned.addAll(more);
    }
    outputs.forEach(output -> output.file().check());
    Plan plan = new Plan(Main.VERSION, profile.word(), targets, pinned, limits, id.text(), id.seed(),
        budget == null ? Long.MAX_VALUE : Duration.nanos(budget), RunCommand.workers(workers),
        inconclusive == Inconclusive.SKIP);
    return check(new Check(plan, model), plan, id, outputs);
  }

  private int check(Check check, Plan plan, CommitId id, List<Output> outputs) {
    try (Worlds worlds = new Worlds(check.worlds());
        Interruption interruption = new Interruption(check::interrupt)) {
      CheckReport report = run(check, worlds);
      if (!global.quiet()) {
        report.suites().stream().map(Suite::claims).flatMap(List::stream).forEach(this::splat);
        global.err().flush();
      }
      boolean written = write(outputs, report);
      int exitCode = interruption.happened() ? ExitCode.INTERRUPTED : exitCode(report, written);
      CheckText text = new CheckText(report, check.closed(), id);
      if (global.json()) {
        global.out().println(text.json(exitCode, plan.workers()));
      } else {
        text.lines().forEach(global.out()::println);
      }
      global.out().flush();
      return exitCode;
    }
  }

  private void splat(Claim claim) {
    claim.race().ifPresent(race -> {
      claim.pinned().ifPresent(place -> global.err().println(claim.message()));
      global.err().print(race.splat());
    });
  }

  private CheckReport run(Check check, Worlds worlds) {
    long begun = System.nanoTime();
    try (Ticker ticker = new Ticker(global, () -> String.format(Locale.ROOT, "  check: %,d of %,d suites, %.0f s",
        check.suitesDone(), check.suites(), (System.nanoTime() - begun) / 1e9))) {
      return check.run(worlds);
    }
  }

  /** Writes what was asked for; yields whether all of it could be. What was found is printed all the same. */
  private boolean write(List<Output> outputs, CheckReport report) {
    boolean written = true;
    for (Output output : outputs) {
      try {
        output.file().write(output.form().apply(report));
      } catch (EnvironmentFault e) {
        global.err().println("stalemate: " + e.getMessage());
        written = false;
      }
    }
    return written;
  }

  private int exitCode(CheckReport report, boolean written) {
    if (!written && report.verdict() != Verdict.ERROR) {
      return ExitCode.ENVIRONMENT;
    }
    return report.verdict() == Verdict.INCONCLUSIVE && inconclusive == Inconclusive.SKIP
        ? ExitCode.PASS
        : report.verdict().exitCode();
  }

  private List<Target> targets() {
    Catalogue catalogue = new Catalogue();
    List<Target> targets = new ArrayList<>();
    for (String each : scenarios.isEmpty() ? catalogue.names() : scenarios) {
      Target target = Subject.looksLikeFile(each)
          ? Target.ofFile(ScenarioFile.read(Subject.path(each)), Subject.fileOption(each))
          : Target.builtIn(catalogue.scenario(each));
      String name = target.scenario().name();
      if (targets.stream().anyMatch(other -> other.scenario().name().equals(name))) {
        throw Refused.usage("scenario " + name + " is named twice");
      }
      targets.add(target);
    }
    return targets;
  }

  private Limits limits(Profile profile, int targets) {
    Limits limits = profile.limits();
    if (bound != null) {
      if (bound < 0 || bound > BOUND_MAX) {
        throw Refused.usage("--bound " + bound + "; 0 to " + BOUND_MAX + " are allowed");
      }
      limits = limits.closing(bound);
    }
    if (schedules != null) {
      if (schedules / 2 < targets) {
        throw Refused.usage("--schedules " + schedules + " for " + targets + (targets == 1 ? " scenario" : " scenarios")
            + "; at least two each are needed");
      }
      limits = limits.exactly(schedules / targets);
    }
    if (searchMax != null) {
      if (searchMax < 1) {
        throw Refused.usage("--search-max " + searchMax + "; at least 1 is allowed");
      }
      limits = limits.searching(searchMax);
    }
    return limits;
  }

  /** Yields the tokens that come with the program: all, or those of the scenarios asked for. */
  private List<PinnedToken> builtIn(Model model) {
    return PinnedTokens.builtIn(model).stream()
        .filter(token -> scenarios.isEmpty() || scenarios.contains(token.run().subject().scenario().name()))
        .toList();
  }

  private List<Output> outputs() {
    List<Output> outputs = new ArrayList<>();
    add(outputs, "JUnit XML", junit, JunitXml::of);
    add(outputs, "SARIF", sarif, Sarif::of);
    add(outputs, "TAP", tap, Tap::of);
    add(outputs, "Markdown", markdown, Markdown::of);
    return outputs;
  }

  private static void add(List<Output> outputs, String what, @Nullable String name,
      Function<CheckReport, String> form) {
    if (name != null) {
      WholeFile file = new WholeFile(what, name);
      if (outputs.stream().anyMatch(other -> other.file().path().equals(file.path()))) {
        throw Refused.usage(Safe.quote(name) + " is to hold two results; name two files");
      }
      outputs.add(new Output(file, form));
    }
  }
}
