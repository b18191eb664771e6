package io.stalemate.cli;

import io.stalemate.actors.Worlds;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.token.Model;
import io.stalemate.session.Case;
import io.stalemate.session.TraceHashes;
import io.stalemate.session.Verdict;
import io.stalemate.strategy.Seeded;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code verify-determinism}: the same runs twice here and once in a JVM with other options, trace hash by hash. */
@Command(name = "verify-determinism", description = {
    "Compares the trace hashes of every scenario here and in another JVM.",
    "Runs seeds of every scenario in each of its eras twice, half under random and half under pct3, then again in a "
        + "JVM with other options. The answer is the same on every machine that runs this model.",
    "Exit code 3 if two hashes differ, with the token of the first such run."},
    mixinStandardHelpOptions = true, version = Main.VERSION)
@SuppressWarnings("NullAway.Init")
final class VerifyDeterminismCommand implements Callable<Integer> {

  private static final int SEEDS_MAX = 1_000_000;
  private static final int RADIX = 16;
  /** Begins the lines that a child JVM prints; whatever else the JVM says is passed over. */
  private static final String MARK = "hashes";
  /** The mark, the scenario and the kernel. */
  private static final int BEFORE_HASHES = 3;

  @Mixin
  private GlobalOptions global;

  @Option(names = "--seeds", paramLabel = "N", defaultValue = "100",
      description = "runs of each scenario and era (default ${DEFAULT-VALUE})")
  private int seeds;

  @Option(names = "--scenario", paramLabel = "SCENARIO",
      description = "only this one; default: every built-in scenario")
  private @Nullable String scenario;

  @Option(names = "--race", paramLabel = "RACE", description = "with a known race put back; needs --scenario")
  private @Nullable String race;

  @Option(names = "--jvm-options", paramLabel = "OPTIONS", defaultValue = "-Xint",
      description = "of the other JVM, separated by blanks (default ${DEFAULT-VALUE}); may be given more than once")
  private List<String> jvmOptions;

  @Option(names = "--digests", hidden = true, description = "only prints the hashes: what the other JVM is asked for")
  private boolean digests;

  private final List<Difference> differences = new ArrayList<>();

  /** Two runs that ought to be equal; {@code where} says in which JVM the second one was. */
  private record Difference(String where, TraceHashes expected, TraceHashes actual, int run) {}

  /** For picocli. */
  VerifyDeterminismCommand() {}

  @Override
  public Integer call() {
    if (seeds < 1 || seeds > SEEDS_MAX) {
      throw Refused.usage("--seeds " + seeds + "; 1 to " + SEEDS_MAX + " are allowed");
    }
    List<Case> cases = cases();
    int workers = Runtime.getRuntime().availableProcessors();
    List<TraceHashes> hashes = new ArrayList<>();
    try (Worlds worlds = new Worlds(cases.size() * 2 * workers)) {
      int world = 0;
      for (Case each : cases) {
        TraceHashes first = TraceHashes.of(each, seeds, worlds, world, workers, false);
        world += workers;
        hashes.add(first);
        if (!digests) {
          compare("this JVM", first, TraceHashes.of(each, seeds, worlds, world, workers, true));
          world += workers;
        }
      }
    }
    if (digests) {
      hashes.forEach(this::printHashes);
      return ExitCode.PASS;
    }
    for (String options : jvmOptions) {
      compareWithChild(options.isBlank() ? List.of() : List.of(options.strip().split(" +")), hashes);
    }
    Verdict verdict = differences.isEmpty() ? Verdict.PASS : Verdict.NONDETERMINISM;
    if (global.json()) {
      printJson(hashes, verdict);
    } else {
      print(hashes, verdict);
    }
    return verdict.exitCode();
  }

  private List<Case> cases() {
    Catalogue catalogue = new Catalogue();
    if (scenario == null && race != null) {
      throw Refused.usage("--race without --scenario; 'list races' shows the scenarios of each race");
    }
    List<Case> cases = new ArrayList<>();
    for (String name : scenario == null ? catalogue.names() : List.of(scenario)) {
      Scenario each = catalogue.scenario(name);
      if (race == null) {
        each.kernels().forEach(kernel -> cases.add(Case.of(each, true, kernel, Optional.empty())));
      } else {
        cases.add(Case.of(each, true, Optional.empty(), Optional.of(race)));
      }
    }
    return cases;
  }

  private void compare(String where, TraceHashes expected, TraceHashes actual) {
    int run = expected.firstDifference(actual);
    if (run != TraceHashes.SAME) {
      differences.add(new Difference(where, expected, actual, run));
    }
  }

  private void printHashes(TraceHashes hashes) {
    StringBuilder line = new StringBuilder(MARK).append('\t').append(hashes.subject().scenario().name())
        .append('\t').append(hashes.subject().kernel().text());
    for (int run = 0; run < hashes.runs(); run++) {
      line.append('\t').append(RunReport.hex(hashes.hash(run)));
    }
    global.out().println(line);
  }

  private void compareWithChild(List<String> options, List<TraceHashes> hashes) {
    List<String> arguments = new ArrayList<>(List.of("verify-determinism", "--digests", "--seeds=" + seeds));
    if (scenario != null) {
      arguments.add("--scenario=" + scenario);
    }
    if (race != null) {
      arguments.add("--race=" + race);
    }
    List<String[]> rows = ChildJvm.run(options, arguments).stream()
        .filter(line -> line.startsWith(MARK + "\t"))
        .map(line -> line.split("\t", -1))
        .toList();
    if (rows.size() != hashes.size()) {
      throw new EnvironmentFault("a JVM with " + ChildJvm.describe(options) + " told of " + rows.size()
          + " scenarios and eras instead of " + hashes.size());
    }
    for (int i = 0; i < rows.size(); i++) {
      long[] theirs = new long[rows.get(i).length - BEFORE_HASHES];
      for (int run = 0; run < theirs.length; run++) {
        theirs[run] = Long.parseUnsignedLong(rows.get(i)[run + BEFORE_HASHES], RADIX);
      }
      compare("a JVM with " + ChildJvm.describe(options), hashes.get(i),
          new TraceHashes(hashes.get(i).subject(), theirs));
    }
  }

  private static String answer(List<TraceHashes> hashes) {
    long answer = hashes.size();
    for (TraceHashes each : hashes) {
      answer = Seeded.derive(answer, each.digest());
    }
    return RunReport.hex(answer);
  }

  private boolean differs(TraceHashes hashes) {
    return differences.stream().anyMatch(difference -> difference.expected() == hashes);
  }

  private void print(List<TraceHashes> hashes, Verdict verdict) {
    line("%-32s %-15s %9s  %-16s  %s", "scenario", "kernel", "seeds", "digest", "traces");
    for (TraceHashes each : hashes) {
      line("%-32s %-15s %,9d  %s  %s", each.subject().scenario().name(), each.subject().kernel().text(), each.runs(),
          RunReport.hex(each.digest()), differs(each) ? "DIFFERENT" : "equal");
    }
    Model model = Model.builtIn();
    for (Difference difference : differences) {
      line("run %,d of %s, %s differs in %s: %s instead of %s: %s", difference.run() + 1,
          difference.expected().subject().scenario().name(), difference.expected().subject().kernel().text(),
          difference.where(),
          RunReport.hex(difference.actual().hash(difference.run())),
          RunReport.hex(difference.expected().hash(difference.run())),
          difference.expected().token(difference.run(), model).text());
    }
    line("compared: this JVM twice%s",
        String.join("", jvmOptions.stream().map(each -> "; a JVM with " + each).toList()));
    line("answer %s   model %s, %,d seeds of %s", answer(hashes), model.id(), seeds,
        scenario == null ? "every scenario and era" : scenario);
    line("verdict %s", verdict);
  }

  private void printJson(List<TraceHashes> hashes, Verdict verdict) {
    Json json = new Json();
    Model model = Model.builtIn();
    ObjectNode document = json.document("verify-determinism")
        .put("model", model.id())
        .put("seeds", seeds)
        .put("answer", answer(hashes))
        .put("verdict", verdict.name())
        .put("exitCode", verdict.exitCode());
    ArrayNode options = document.putArray("jvmOptions");
    jvmOptions.forEach(options::add);
    ArrayNode scenarios = document.putArray("scenarios");
    for (TraceHashes each : hashes) {
      scenarios.addObject()
          .put("name", each.subject().scenario().name())
          .put("system", each.subject().kernel().system().word())
          .put("era", each.subject().era())
          .put("digest", RunReport.hex(each.digest()))
          .put("equal", !differs(each));
    }
    ArrayNode array = document.putArray("differences");
    for (Difference difference : differences) {
      array.addObject()
          .put("scenario", difference.expected().subject().scenario().name())
          .put("system", difference.expected().subject().kernel().system().word())
          .put("era", difference.expected().subject().era())
          .put("where", difference.where())
          .put("run", difference.run())
          .put("token", difference.expected().token(difference.run(), model).text());
    }
    global.out().println(json.text(document));
  }

  private void line(String format, Object... values) {
    global.out().println(String.format(Locale.ROOT, format, values));
  }
}
