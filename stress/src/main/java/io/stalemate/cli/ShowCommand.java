package io.stalemate.cli;

import io.stalemate.actors.Worlds;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import io.stalemate.session.Explanation;
import io.stalemate.session.Runner;
import io.stalemate.trace.TraceDiff;
import io.stalemate.trace.TraceLines;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code show}: the interleaving of one schedule. */
@Command(name = "show", description = {
    "Shows the interleaving of a token or trace file, a column for each task.",
    "With --against KERNEL (an era, a system, or SYSTEM:ERA) a token runs on that kernel as well: where a task first "
        + "does something else, which exits and results come of it, and both interleavings. An sm1 token is a seed, "
        + "which draws another schedule on each kernel; an sx1 token makes the same switches at the same steps.",
    "A scenario with --era twice, or --era and --against, shows a seed whose runs end differently."},
    mixinStandardHelpOptions = true, version = Main.VERSION)
@SuppressWarnings("NullAway.Init")
final class ShowCommand implements Callable<Integer> {

  @Mixin
  private GlobalOptions global;

  @Parameters(index = "0", paramLabel = "TOKEN|TRACEFILE|SCENARIO",
      description = "what 'run' printed, a file of --trace; or a scenario whose kernels are compared")
  private String tokenOrFile;

  @Option(names = "--against", paramLabel = "KERNEL",
      description = "compares with the same token there: v6.8, kvm-x86 or kvm-x86:v6.8")
  private @Nullable String against;

  @Option(names = "--era", paramLabel = "ERA", description = "of a scenario: the eras to compare, once or twice")
  private List<String> eras = List.of();

  @Option(names = "--system", paramLabel = "SYSTEM", description = "of a scenario: the system, if it has several")
  private @Nullable String system;

  @Option(names = "--file", paramLabel = "FILE", description = "the scenario file, for a token that is of one")
  private @Nullable String scenarioFile;

  @Option(names = "--wide", description = "every step, in full; without it, those that tell nothing are folded")
  private boolean wide;

  @Option(names = "--allow-model-drift", description = "tries a token of another model; it may go another way")
  private boolean drift;

  /** For picocli. */
  ShowCommand() {}

  @Override
  public Integer call() {
    if (against != null || !eras.isEmpty() || system != null) {
      return new ShowDifference(global, wide, drift).show(tokenOrFile, Optional.ofNullable(scenarioFile),
          Optional.ofNullable(system), eras, Optional.ofNullable(against));
    }
    if (Subject.isScenario(tokenOrFile)) {
      throw Refused.usage(Safe.quote(tokenOrFile) + " is a scenario; show takes a token (which 'run' prints), or "
          + "a scenario with --era twice, or --against, to say which kernels are compared");
    }
    Recorded recorded = Recorded.read(tokenOrFile, Optional.ofNullable(scenarioFile), drift);
    try (Worlds worlds = Recorded.worlds()) {
      Runner runner = new Runner(worlds, 0, recorded.subject());
      Explanation explanation = Explanation.asIs(runner, recorded.strategy(runner), recorded.seed());
      if (global.json()) {
        printJson(recorded, runner, explanation);
      } else {
        print(recorded, runner, explanation);
      }
      return ExitCode.PASS;
    }
  }

  private void print(Recorded recorded, Runner runner, Explanation explanation) {
    Drawing drawing = new Drawing(global, runner, explanation);
    if (!explanation.findings().isEmpty() && !global.quiet()) {
      global.out().print(drawing.splat("", Map.of("replay", "stalemate replay " + recorded.token().text()
          + Subject.fileOption(recorded.subject(), Optional.ofNullable(scenarioFile)))));
      global.out().println();
    }
    String compared = recorded.trace()
        .map(file -> TraceDiff.first(file.trace(), runner.trace()).isEmpty()
            ? "  equal to the recorded trace" : "  DIFFERENT from the recorded trace (see replay)")
        .orElse("");
    global.out().print(drawing.columns(wide, "trace hash " + RunReport.hex(explanation.traceHash()) + compared));
    if (!global.quiet()) {
      printAbout(recorded);
    }
    global.out().flush();
  }

  /** What the scenario is about: who looks at an interleaving wants to know which question it answers. */
  private void printAbout(Recorded recorded) {
    String about = recorded.subject().scenario().about().strip();
    if (!about.isEmpty()) {
      global.out().println();
      global.out().println("about " + recorded.subject().scenario().name());
      about.lines().forEach(line -> global.out().println("  " + line));
    }
  }

  private void printJson(Recorded recorded, Runner runner, Explanation explanation) {
    Json json = new Json();
    ObjectNode document = json.document("show")
        .put("scenario", recorded.subject().scenario().name())
        .put("about", recorded.subject().scenario().about().strip())
        .put("token", recorded.token().text())
        .put("traceHash", RunReport.hex(explanation.traceHash()));
    ArrayNode events = document.putArray("events");
    TraceLines lines = new TraceLines(runner.trace());
    for (int event = 0; event < runner.trace().size(); event++) {
      events.addObject()
          .put("task", runner.trace().taskName(runner.trace().task(event)))
          .put("step", runner.trace().isStep(event) ? lines.step(event) : null)
          .put("operation", lines.operation(event));
    }
    ArrayNode findings = document.putArray("findings");
    explanation.findings().forEach(finding -> {
      ArrayNode evidence = findings.addObject().put("oracle", finding.oracle()).put("what", finding.what())
          .putArray("evidence");
      finding.evidence().forEach(each -> evidence.addObject().put("event", each.event()).put("role", each.role()));
    });
    global.out().println(json.text(document));
  }
}
