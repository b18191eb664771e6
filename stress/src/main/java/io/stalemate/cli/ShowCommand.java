package io.stalemate.cli;

import io.stalemate.actors.Worlds;
import io.stalemate.session.Explanation;
import io.stalemate.session.Runner;
import io.stalemate.trace.TraceDiff;
import io.stalemate.trace.TraceLines;
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
@Command(name = "show", description = "Shows the interleaving of a token or trace file, a column for each task.",
    mixinStandardHelpOptions = true, version = Main.VERSION)
@SuppressWarnings("NullAway.Init")
final class ShowCommand implements Callable<Integer> {

  @Mixin
  private GlobalOptions global;

  @Parameters(index = "0", paramLabel = "TOKEN|TRACEFILE", description = "what 'run' printed, or a file of --trace")
  private String tokenOrFile;

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
