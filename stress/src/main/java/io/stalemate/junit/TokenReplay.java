package io.stalemate.junit;

import io.stalemate.actors.Worlds;
import io.stalemate.check.FoundRaces;
import io.stalemate.oracle.Ending;
import io.stalemate.oracle.Finding;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.token.Model;
import io.stalemate.session.Explanation;
import io.stalemate.session.Runner;
import io.stalemate.session.TokenRun;
import io.stalemate.session.Verdict;
import io.stalemate.strategy.Replay;
import io.stalemate.strategy.Strategy;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The one world of a test run; JUnit closes it at the end. Tests that run in parallel wait for each other. */
final class TokenReplay implements AutoCloseable {

  /** What simulated tasks run on, and how to let us at it. */
  private static final String PACKAGE = "jdk.internal.vm";

  static final String EXPORT = "--add-exports java.base/" + PACKAGE + "=ALL-UNNAMED";

  private final Worlds worlds = new Worlds(1);

  /**
   * Runs {@code text} twice.
   *
   * @throws io.stalemate.scenario.input.Refused if it is no token, of another model, or of no case that there is
   * @throws AssertionError if the runs differ, the schedule cannot be followed, or what it came to cannot be judged
   */
  synchronized Replayed replay(String text, Optional<Scenario> file, boolean drift) {
    TokenRun run = TokenRun.of(text, file, drift);
    Runner runner = new Runner(worlds, 0, run.subject());
    Strategy strategy = run.strategy(runner);
    runner.run(strategy, run.seed());
    String hash = hash(runner);
    runner.run(strategy, run.seed());
    if (!hash(runner).equals(hash)) {
      throw new AssertionError("NONDETERMINISM: " + text + " has trace hash " + hash + ", then " + hash(runner));
    }
    if (strategy instanceof Replay replay && replay.missed() > 0) {
      throw new AssertionError(
          "NONDETERMINISM: " + text + ": " + replay.missed() + " switches of the schedule could not be followed");
    }
    List<Finding> findings = runner.isFinding() ? runner.findings() : List.of();
    if (findings.isEmpty() && runner.shortfall().isPresent()) {
      throw new AssertionError("INCONCLUSIVE: " + text + ": " + runner.shortfall().get());
    }
    String outcome = runner.ending() == Ending.QUIESCENT
        ? run.subject().scenario().outcomeName(runner.outcome()) : "";
    int steps = runner.steps();
    Verdict verdict = findings.isEmpty() ? Verdict.PASS : Verdict.FINDING;
    String report = findings.isEmpty() ? "nothing was found in " + steps + " steps" : report(runner, run, strategy);
    return new Replayed(text, verdict, findings, outcome, steps, hash, report);
  }

  private static String report(Runner runner, TokenRun run, Strategy strategy) {
    Explanation explanation = Explanation.asIs(runner, strategy, run.seed());
    String fileOption = run.subject().isBuiltIn() ? "" : " --file FILE";
    return FoundRaces.of(runner, explanation, Model.builtIn(), run.token().text(), fileOption).splat();
  }

  private static String hash(Runner runner) {
    return String.format(Locale.ROOT, "%016x", runner.trace().hash());
  }

  /** Whether this JVM lets simulated tasks run at all. */
  static boolean isPossible() {
    return Object.class.getModule().isExported(PACKAGE, TokenReplay.class.getModule());
  }

  @Override
  public synchronized void close() {
    worlds.close();
  }
}
