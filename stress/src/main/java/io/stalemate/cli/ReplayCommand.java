package io.stalemate.cli;

import io.stalemate.actors.Worlds;
import io.stalemate.oracle.Finding;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import io.stalemate.scenario.token.Model;
import io.stalemate.session.Explanation;
import io.stalemate.session.Runner;
import io.stalemate.session.Verdict;
import io.stalemate.strategy.Follow;
import io.stalemate.strategy.Replay;
import io.stalemate.strategy.Strategy;
import io.stalemate.trace.RecordedTrace;
import io.stalemate.trace.TraceDiff;
import io.stalemate.trace.TraceText;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code replay}: one schedule again, twice, with its trace hash. */
@Command(name = "replay", description = {
    "Runs the schedule of a token or trace file again, twice, and compares.",
    "Exit code 1 if it shows a finding, 0 if not (--expect-fail turns the two), 3 if the traces differ."},
    mixinStandardHelpOptions = true, version = Main.VERSION)
@SuppressWarnings("NullAway.Init")
final class ReplayCommand implements Callable<Integer> {

  private static final Pattern HASH = Pattern.compile("[0-9a-f]{16}");

  @Mixin
  private GlobalOptions global;

  @Parameters(index = "0", paramLabel = "TOKEN|TRACEFILE", description = "what 'run' printed, or a file of --trace")
  private String tokenOrFile;

  @Option(names = "--file", paramLabel = "FILE", description = "the scenario file, for a token that is of one")
  private @Nullable String scenarioFile;

  @Option(names = "--trace", paramLabel = "FILE", description = "writes the run as a trace file, one event a line")
  private @Nullable String traceFile;

  @Option(names = "--expect", paramLabel = "HASH", description = "the trace hash it must have; else exit code 3")
  private @Nullable String expected;

  @Option(names = "--expect-fail", description = "exit code 0 if there is a finding, 1 if not")
  private boolean expectFail;

  @Option(names = "--allow-model-drift", description = "tries a token of another model; it may go another way")
  private boolean drift;

  /** For picocli. */
  ReplayCommand() {}

  @Override
  public Integer call() {
    if (expected != null && !HASH.matcher(expected).matches()) {
      throw Refused.usage("--expect " + Safe.quote(expected) + "; 16 hex digits are allowed");
    }
    Recorded recorded = Recorded.read(tokenOrFile, Optional.ofNullable(scenarioFile), drift);
    try (Worlds worlds = Recorded.worlds()) {
      Runner runner = new Runner(worlds, 0, recorded.subject());
      Strategy strategy = recorded.strategy(runner);
      runner.run(strategy, recorded.seed());
      long hash = runner.trace().hash();
      runner.run(strategy, recorded.seed());
      boolean same = runner.trace().hash() == hash;
      Optional<TraceDiff> difference = recorded.trace()
          .flatMap((RecordedTrace file) -> TraceDiff.first(file.trace(), runner.trace()));
      Optional<String> lost = lost(strategy);
      same &= difference.isEmpty() && lost.isEmpty() && (expected == null || RunReport.hex(hash).equals(expected));
      List<Finding> findings = runner.isFinding() ? runner.findings() : List.of();
      if (traceFile != null) {
        new WholeFile("trace", traceFile).write(TraceText.write(runner.trace(), recorded.header(runner)));
      }
      Verdict verdict = !same ? Verdict.NONDETERMINISM : findings.isEmpty() ? Verdict.PASS : Verdict.FINDING;
      int exitCode = exitCode(verdict);
      if (global.json()) {
        printJson(recorded, runner, hash, findings, verdict, exitCode, difference, lost);
      } else {
        print(recorded, runner, hash, findings, verdict, difference, lost);
      }
      return exitCode;
    }
  }

  private int exitCode(Verdict verdict) {
    if (!expectFail || verdict == Verdict.NONDETERMINISM) {
      return verdict.exitCode();
    }
    return verdict == Verdict.FINDING ? ExitCode.PASS : ExitCode.FINDING;
  }

  /** Yields what could not be followed of the schedule. */
  private static Optional<String> lost(Strategy strategy) {
    return switch (strategy) {
      case Replay replay when replay.missed() > 0 ->
          Optional.of(replay.missed() + " switches of the schedule could not be followed");
      case Follow follow when follow.left() != Follow.NEVER ->
          Optional.of("the recorded task could not go on at step " + follow.left());
      default -> Optional.empty();
    };
  }

  private void print(Recorded recorded, Runner runner, long hash, List<Finding> findings, Verdict verdict,
      Optional<TraceDiff> difference, Optional<String> lost) {
    if (!findings.isEmpty() && !global.quiet()) {
      Explanation explanation = Explanation.asIs(runner, recorded.strategy(runner), recorded.seed());
      global.err().print(new Drawing(global, runner, explanation)
          .splat("", Map.of("show", "stalemate show " + recorded.token().text()
              + Subject.fileOption(recorded.subject(), Optional.ofNullable(scenarioFile)))));
      global.err().flush();
    }
    line("%s%s, %s · %d steps, %d events, %s", recorded.subject().scenario().name(),
        recorded.subject().race().map(race -> " with race " + race.card().name()).orElse(""),
        recorded.subject().kernelText(),
        runner.steps(), runner.trace().size(), runner.ending().name().toLowerCase(Locale.ROOT));
    difference.ifPresent(diff -> {
      line("differs from the file at event %d, step %d:", diff.event(), diff.step());
      diff.before().forEach(before -> line("    %s", before));
      line("  < %s", diff.left());
      line("  > %s", diff.right());
    });
    lost.ifPresent(what -> line("%s", what));
    if (recorded.trace().isPresent() && difference.isEmpty()) {
      line("equal to the recorded trace, event by event");
    }
    line("trace hash %s%s", RunReport.hex(hash), expected == null ? "" : " (expected " + expected + ")");
    if (drift && !recorded.token().model().equals(Model.builtIn().id())) {
      line("the token is of model %s, this is %s: what was replayed need not be what was found",
          recorded.token().model(), Model.builtIn().id());
    }
    findings.forEach(finding -> line("%s: %s", finding.oracle(), finding.what()));
    line("verdict %s", verdict);
  }

  private void printJson(Recorded recorded, Runner runner, long hash, List<Finding> findings, Verdict verdict,
      int exitCode, Optional<TraceDiff> difference, Optional<String> lost) {
    Json json = new Json();
    ObjectNode document = json.document("replay")
        .put("scenario", recorded.subject().scenario().name())
        .put("system", recorded.subject().kernel().system().word())
        .put("era", recorded.subject().era())
        .put("race", recorded.subject().race().map(race -> race.card().name()).orElse(null))
        .put("token", recorded.token().text())
        .put("steps", runner.steps())
        .put("events", runner.trace().size())
        .put("ending", runner.ending().name())
        .put("traceHash", RunReport.hex(hash))
        .put("verdict", verdict.name())
        .put("exitCode", exitCode);
    difference.ifPresent(diff -> document.putObject("difference")
        .put("event", diff.event()).put("step", diff.step()).put("left", diff.left()).put("right", diff.right()));
    lost.ifPresent(what -> document.put("notFollowed", what));
    ArrayNode array = document.putArray("findings");
    findings.forEach(finding -> array.addObject()
        .put("oracle", finding.oracle()).put("what", finding.what()).put("rule", finding.rule()));
    global.out().println(json.text(document));
  }

  private void line(String format, Object... values) {
    global.out().println(String.format(Locale.ROOT, format, values));
  }
}
