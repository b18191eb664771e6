package io.stalemate.cli;

import io.stalemate.actors.Worlds;
import io.stalemate.engines.Engine;
import io.stalemate.engines.EngineBench;
import io.stalemate.engines.EngineFailure;
import io.stalemate.engines.LincheckProcess;
import io.stalemate.engines.LincheckServer;
import io.stalemate.engines.LincheckSettings;
import io.stalemate.engines.SimulatorEngine;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import io.stalemate.session.Case;
import io.stalemate.session.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code bench engines}: executions a second of the simulator and of Lincheck on the same kernel text. */
@Command(name = "engines", description = {
    "Measures the simulator beside Lincheck on scenario zero, the same kernel text in both.",
    "Lincheck model-checks it on threads, in two JVMs of its own: one as shipped, one with",
    "-XX:ActiveProcessorCount=1 and few rounds in loops, its fastest here. All take short turns, so that a slow moment",
    "slows all alike; start-up and the first turns do not count, judging each execution does.",
    "Promised is, of both strategies, 100 times Lincheck as shipped and 15 times with one CPU. Exit code 5 if that is",
    "missed, which on a busy machine says little."},
    mixinStandardHelpOptions = true, version = Main.VERSION)
@SuppressWarnings("NullAway.Init")
final class BenchEnginesCommand implements Callable<Integer> {

  private static final String SCENARIO = "yardstick";
  private static final List<String> STRATEGIES = List.of("pct3", "rnd");
  /** With less of a CPU the one thread of the simulator was kept from running. */
  private static final double BUSY_CPUS = 0.9;
  private static final List<Other> OTHERS = List.of(
      new Other("lincheck", List.of("-XX:+EnableDynamicAgentLoading"), LincheckSettings.SHIPPED, 100),
      new Other("lincheck 1 cpu", List.of("-XX:+EnableDynamicAgentLoading", "-XX:ActiveProcessorCount=1"),
          LincheckSettings.FASTEST, 15));

  @Mixin
  private GlobalOptions global;

  @Spec
  private CommandSpec spec;

  @Option(names = "--for", paramLabel = "D", defaultValue = "5s",
      description = "time for each engine (default ${DEFAULT-VALUE}), after as long to warm up")
  private String duration;

  @Option(names = "--serve", hidden = true, description = "is Lincheck, set like this, and takes turns from stdin")
  private @Nullable LincheckSettings serve;

  /** Another engine: how its JVM is started, and how many times as fast the simulator is promised to be. */
  private record Other(String name, List<String> jvmOptions, LincheckSettings settings, double promised) {

    List<String> command() {
      return ChildJvm.command(jvmOptions, List.of("bench", "engines", "--serve", settings.name()));
    }
  }

  /** The simulator against another engine. */
  private record Ratio(String engine, String over, double times, double promised) {

    boolean holds() {
      return times >= promised;
    }

    String claim() {
      return String.format(Locale.ROOT, " (promised %.0f%s)", promised, holds() ? "" : ": MISSED");
    }
  }

  /** For picocli. */
  BenchEnginesCommand() {}

  @Override
  public Integer call() {
    if (!spec.commandLine().getParent().getParseResult().matchedArgs().isEmpty()) {
      throw Refused.usage("arguments between 'bench' and 'engines'; options go after 'engines', and its scenario is "
          + SCENARIO);
    }
    Case subject = Subject.of(SCENARIO, Optional.empty(), Optional.empty(), Optional.empty());
    if (serve != null) {
      LincheckServer.serve(subject.scenario(), serve);
      return ExitCode.PASS;
    }
    long nanos = Duration.nanos(duration);
    Optional<List<EngineBench.Row>> measured;
    try {
      measured = measure(subject, nanos);
    } catch (EngineFailure e) {
      return failed(e);
    }
    if (measured.isEmpty()) {
      return ExitCode.INTERRUPTED;
    }
    List<EngineBench.Row> rows = measured.get();
    List<Ratio> ratios = ratios(rows);
    Verdict verdict = ratios.stream().allMatch(Ratio::holds) ? Verdict.PASS : Verdict.INCONCLUSIVE;
    if (global.json()) {
      printJson(rows, ratios, verdict);
    } else {
      print(rows, ratios, verdict);
    }
    return verdict.exitCode();
  }

  /** Yields the rows; nothing if the user asked to stop. */
  private static Optional<List<EngineBench.Row>> measure(Case subject, long nanos) {
    List<Engine> engines = new CopyOnWriteArrayList<>();
    try (Worlds worlds = new Worlds(STRATEGIES.size());
        Interruption interruption = new Interruption(() -> engines.forEach(Engine::close))) {
      try {
        for (Other other : OTHERS) {
          engines.add(new LincheckProcess(other.name(), other.command()));
        }
        for (int world = 0; world < STRATEGIES.size(); world++) {
          engines.add(new SimulatorEngine(worlds, world, subject, STRATEGIES.get(world)));
        }
        return Optional.of(new EngineBench(engines, nanos).measure());
      } catch (EngineFailure e) {
        if (interruption.happened()) {
          return Optional.empty();
        }
        throw e;
      }
    } finally {
      engines.forEach(Engine::close);
    }
  }

  private int failed(EngineFailure failure) {
    String line = Safe.print(failure.getMessage());
    if (failure.reason() == EngineFailure.Reason.ENVIRONMENT) {
      throw new EnvironmentFault(line);
    }
    global.err().println("stalemate: " + line);
    return ExitCode.FINDING;
  }

  private static List<Ratio> ratios(List<EngineBench.Row> rows) {
    List<Ratio> ratios = new ArrayList<>();
    for (int i = 0; i < OTHERS.size(); i++) {
      for (int j = OTHERS.size(); j < rows.size(); j++) {
        ratios.add(new Ratio(rows.get(j).engine(), rows.get(i).engine(), rows.get(j).times(rows.get(i)),
            OTHERS.get(i).promised()));
      }
    }
    return ratios;
  }

  private void print(List<EngineBench.Row> rows, List<Ratio> ratios, Verdict verdict) {
    line("%s, %d processors, JDK %s; scenario %s", Hardware.cpu(), Runtime.getRuntime().availableProcessors(),
        Runtime.version(), SCENARIO);
    line("%-16s %12s %14s %6s", "engine", "executions", "executions/s", "cpus");
    rows.forEach(row -> line("%-16s %,12d %,14.0f %6.2f", row.engine(), row.executions(), row.perSecond(), row.cpus()));
    ratios.forEach(
        ratio -> line("%s is %,.0f times %s%s", ratio.engine(), ratio.times(), ratio.over(), ratio.claim()));
    EngineBench.Row judged = rows.get(OTHERS.size());
    if (isBusy(judged)) {
      line("%s had %.2f of a CPU: the machine is busy, measure again when it is not", judged.engine(), judged.cpus());
    }
    line("verdict %s", verdict);
  }

  private static boolean isBusy(EngineBench.Row row) {
    return row.cpuNanos() > 0 && row.cpus() < BUSY_CPUS;
  }

  private void printJson(List<EngineBench.Row> rows, List<Ratio> ratios, Verdict verdict) {
    Json json = new Json();
    ObjectNode document = json.document("bench engines")
        .put("scenario", SCENARIO)
        .put("cpu", Hardware.cpu())
        .put("cores", Runtime.getRuntime().availableProcessors())
        .put("jdk", Runtime.version().toString());
    ArrayNode engines = document.putArray("measurements");
    rows.forEach(row -> engines.addObject()
        .put("engine", row.engine())
        .put("executions", row.executions())
        .put("seconds", round(row.nanos() / 1e9))
        .put("executionsPerSecond", round(row.perSecond()))
        .put("cpus", round(row.cpus())));
    ArrayNode array = document.putArray("ratios");
    ratios.forEach(ratio -> array.addObject()
        .put("engine", ratio.engine())
        .put("over", ratio.over())
        .put("times", round(ratio.times()))
        .put("promised", ratio.promised())
        .put("holds", ratio.holds()));
    document.put("busy", isBusy(rows.get(OTHERS.size())))
        .put("verdict", verdict.name())
        .put("exitCode", verdict.exitCode());
    global.out().println(json.text(document));
  }

  private void line(String format, Object... values) {
    global.out().println(String.format(Locale.ROOT, format, values));
  }

  private static double round(double value) {
    return Math.round(value * 100) / 100.0;
  }
}
