package io.stalemate.cli;

import io.stalemate.actors.Worlds;
import io.stalemate.race.Races;
import io.stalemate.race.Race;
import io.stalemate.session.Bench;
import io.stalemate.session.Case;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code bench}: how fast runs are here, against the cost of a bare coroutine switch in the same process. */
@Command(name = "bench", description = {
    "Measures how fast runs are here, against a bare coroutine switch.",
    "All oracles are on. Figures belong to this machine at this moment; compare the ratios."},
    mixinStandardHelpOptions = true, version = Main.VERSION, subcommands = BenchEnginesCommand.class)
@SuppressWarnings("NullAway.Init")
final class BenchCommand implements Callable<Integer> {

  private static final List<String> STRATEGIES = List.of("rnd", "pct3");

  @Mixin
  private GlobalOptions global;

  @Parameters(index = "0", arity = "0..1", defaultValue = "yardstick", paramLabel = "SCENARIO|FILE",
      description = "what to run (default ${DEFAULT-VALUE})")
  private String scenario;

  @Option(names = "--for", paramLabel = "D", defaultValue = "3s",
      description = "time for each measurement (default ${DEFAULT-VALUE}), after a third of it to warm up")
  private String duration;

  @Option(names = "--race", paramLabel = "RACE",
      description = "the mutant to measure beside the correct model; default: the first that names the scenario")
  private @Nullable String race;

  /** For picocli. */
  BenchCommand() {}

  @Override
  public Integer call() {
    long nanos = Duration.nanos(duration);
    List<Bench.Row> rows = new ArrayList<>();
    List<Case> cases = cases();
    int cores = Runtime.getRuntime().availableProcessors();
    // The last measurement, on two workers, takes worlds of its own.
    try (Worlds worlds = new Worlds(cases.size() * STRATEGIES.size() + 2 * STRATEGIES.size())) {
      Bench bench = new Bench(worlds, nanos);
      for (Case each : cases) {
        for (String strategy : STRATEGIES) {
          rows.add(bench.measure(each, strategy, 1));
        }
      }
      if (cores > 1) {
        for (String strategy : STRATEGIES) {
          rows.add(bench.measure(cases.getFirst(), strategy, 2));
        }
      }
    }
    print(rows, cores);
    return ExitCode.PASS;
  }

  private List<Case> cases() {
    Case correct = Subject.of(scenario, Optional.empty(), Optional.empty(), Optional.empty());
    Optional<String> mutant = Optional.ofNullable(race).or(() -> Races.all().stream()
        .filter(each -> each.card().kind() != Race.Kind.CANARY
            && each.card().scenarios().contains(correct.scenario().name())
            && each.kernels(correct.scenario()).contains(correct.kernel()))
        .map(each -> each.card().name())
        .findFirst());
    List<Case> cases = new ArrayList<>(List.of(correct));
    mutant.ifPresent(name -> cases.add(Subject.of(scenario, Optional.empty(), Optional.empty(), Optional.of(name))));
    return cases;
  }

  private void print(List<Bench.Row> rows, int cores) {
    if (global.json()) {
      Json json = new Json();
      ObjectNode document = json.document("bench").put("scenario", scenario).put("cores", cores);
      ArrayNode array = document.putArray("measurements");
      for (Bench.Row row : rows) {
        array.addObject()
            .put("race", row.race().orElse(null))
            .put("strategy", row.strategy())
            .put("workers", row.workers())
            .put("runs", row.runs())
            .put("runsPerSecondAndCore", Math.round(row.runsPerSecond() / row.workers()))
            .put("eventsPerSecondAndCore", Math.round(row.eventsPerSecond() / row.workers()))
            .put("eventsPerRun", round(row.eventsPerRun()))
            .put("nanosPerEvent", round(row.nanosPerEvent()))
            .put("nanosPerBareSwitch", round(row.nanosPerBareSwitch()))
            .put("switchesPerEvent", round(row.nanosPerEvent() / row.nanosPerBareSwitch()))
            .put("bytesPerEvent", round(row.bytesPerEvent()))
            .put("timesOneWorker", row.timesOneWorker().map(BenchCommand::round).orElse(null));
      }
      global.out().println(json.text(document));
      return;
    }
    line("%-18s %-8s %7s %12s %14s %9s %9s %8s %8s", "race", "strategy", "workers", "runs/s/core", "events/s/core",
        "ns/event", "ns/switch", "ratio", "B/event");
    for (Bench.Row row : rows) {
      line("%-18s %-8s %7d %,12.0f %,14.0f %9.1f %9.1f %8.2f %8.1f%s", row.race().orElse("-"), row.strategy(),
          row.workers(), row.runsPerSecond() / row.workers(), row.eventsPerSecond() / row.workers(),
          row.nanosPerEvent(), row.nanosPerBareSwitch(), row.nanosPerEvent() / row.nanosPerBareSwitch(),
          row.bytesPerEvent(),
          row.timesOneWorker().map(times -> String.format(Locale.ROOT, "  %.2f times one worker", times)).orElse(""));
    }
  }

  private void line(String format, Object... values) {
    global.out().println(String.format(Locale.ROOT, format, values));
  }

  private static double round(double value) {
    return Math.round(value * 100) / 100.0;
  }
}
