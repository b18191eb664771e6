package io.stalemate.cli;

import io.stalemate.actors.Worlds;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import io.stalemate.scenario.token.Model;
import io.stalemate.scenario.token.ScheduleToken;
import io.stalemate.scenario.token.SeedToken;
import io.stalemate.scenario.token.Token;
import io.stalemate.session.Case;
import io.stalemate.session.Runner;
import io.stalemate.session.TokenRun;
import io.stalemate.strategy.Follow;
import io.stalemate.strategy.Strategy;
import io.stalemate.trace.RecordedTrace;
import io.stalemate.trace.Trace;
import io.stalemate.trace.TraceText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One schedule that was kept, as a token or as a trace file, and how to run it again.
 *
 * @param token the token, in the file's header if there is a file
 * @param trace what the file recorded
 */
record Recorded(Case subject, Token token, Optional<RecordedTrace> trace) {

  /** Reads a token or a trace file. A token of another model is refused unless {@code drift} is allowed. */
  static Recorded read(String tokenOrFile, Optional<String> scenarioFile, boolean drift) {
    if (Token.claimed(tokenOrFile) && !Files.isRegularFile(Subject.path(tokenOrFile))) {
      return of(Token.parse(tokenOrFile), Optional.empty(), scenarioFile, drift);
    }
    RecordedTrace trace = file(tokenOrFile);
    String token = trace.header().get("token");
    if (token == null) {
      throw Refused.input(Safe.quote(tokenOrFile) + ": a trace without the token of its run; it cannot be replayed");
    }
    return of(Token.parse(token), Optional.of(trace), scenarioFile, drift);
  }

  private static RecordedTrace file(String name) {
    Path path = Subject.path(name);
    if (Files.notExists(path)) {
      throw Refused.usage("there is no trace file " + Safe.quote(name) + ", and a token begins with sm1. or sx1.");
    }
    if (!Files.isRegularFile(path)) {
      throw Refused.usage(Safe.quote(name) + " is neither a token nor a trace file; a token begins with sm1. or sx1.");
    }
    try {
      return TraceText.read(path);
    } catch (IOException e) {
      throw Refused.usage(Safe.quote(name) + ": cannot be read");
    }
  }

  private static Recorded of(
      Token token, Optional<RecordedTrace> trace, Optional<String> scenarioFile, boolean drift) {
    TokenRun run = TokenRun.of(token.text(), Subject.file(scenarioFile), drift);
    return new Recorded(run.subject(), token, trace);
  }

  /** Yields the same schedule on another kernel. */
  Recorded with(Case other) {
    Token moved = switch (token) {
      case SeedToken seeded -> new SeedToken(
          seeded.scenario(), other.overrides(), seeded.strategy(), seeded.seed(), seeded.model());
      case ScheduleToken scheduled -> new ScheduleToken(
          scheduled.scenario(), other.overrides(), scheduled.model(), scheduled.deviations());
    };
    return new Recorded(other, moved, Optional.empty());
  }

  /** Yields the strategy that takes {@code runner} through this schedule. */
  Strategy strategy(Runner runner) {
    if (trace.isPresent()) {
      return new Follow(choices(trace.get().trace()));
    }
    return new TokenRun(subject, token).strategy(runner);
  }

  private static int[] choices(Trace trace) {
    int[] tasks = new int[trace.size()];
    int steps = 0;
    for (int event = 0; event < trace.size(); event++) {
      if (trace.isStep(event)) {
        tasks[steps++] = trace.task(event);
      }
    }
    return java.util.Arrays.copyOf(tasks, steps);
  }

  /** Yields the seed of the run. */
  long seed() {
    return new TokenRun(subject, token).seed();
  }

  /** Yields a world count of one: replays need no more. */
  static Worlds worlds() {
    return new Worlds(1);
  }

  /** Yields the header of a trace file of this run. */
  Map<String, String> header(Runner runner) {
    Map<String, String> header = new LinkedHashMap<>();
    header.put("token", token.text());
    header.put("scenario", subject.scenario().name());
    header.put("digest", subject.scenario().digest());
    header.put("system", subject.kernel().system().word());
    header.put("era", subject.era());
    header.put("race", subject.race().map(race -> race.card().name()).orElse("none"));
    if (subject.plainAccessesAreChoices()) {
      header.put(TraceText.PLAIN, TraceText.CHOICES);
    }
    header.put("model", Model.builtIn().id());
    header.put("ending", runner.ending().name());
    return header;
  }
}
