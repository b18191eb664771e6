package io.stalemate.check;

import io.stalemate.actors.Worlds;
import io.stalemate.scenario.input.Safe;
import io.stalemate.scenario.token.Model;
import io.stalemate.session.Explanation;
import io.stalemate.session.Runner;
import io.stalemate.session.Verdict;
import io.stalemate.strategy.Replay;
import io.stalemate.strategy.Strategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Runs every pinned token twice, and compares what comes of it with what is written down: first with one another, then
 * what was found, then how it came about. A run that repeats and finds what it must, but goes another way than when it
 * was pinned, is INCONCLUSIVE: it no longer tests what it was pinned for.
 */
final class PinnedSuite {

  static final String NAME = "pinned tokens";

  private final List<PinnedToken> tokens;
  private final Model model;
  private final BooleanSupplier stop;

  /** {@code stop} is asked before each token. */
  PinnedSuite(List<PinnedToken> tokens, Model model, BooleanSupplier stop) {
    this.tokens = tokens;
    this.model = model;
    this.stop = stop;
  }

  /** Runs them in world {@code world}. */
  Suite run(Worlds worlds, int world) {
    long begun = System.nanoTime();
    List<Claim> claims = new ArrayList<>();
    Optional<Runner> runner = Optional.empty();
    int done = 0;
    while (done < tokens.size() && !stop.getAsBoolean()) {
      PinnedToken token = tokens.get(done++);
      if (runner.isEmpty() || !runner.get().subject().equals(token.run().subject())) {
        runner = Optional.of(new Runner(worlds, world, token.run().subject()));
      }
      claims.add(claim(runner.get(), token));
    }
    String summary = String.format(Locale.ROOT, "%,d of %,d tokens, each twice", done, tokens.size());
    if (done < tokens.size()) {
      claims.add(Claims.cut(summary));
    }
    return new Suite(NAME, "", "each schedule comes out as written down", claims, summary, 2L * done,
        System.nanoTime() - begun);
  }

  private Claim claim(Runner runner, PinnedToken token) {
    Strategy strategy = token.run().strategy(runner);
    runner.run(strategy, token.run().seed());
    long hash = runner.trace().hash();
    runner.run(strategy, token.run().seed());
    String digits = digits(hash);
    if (runner.trace().hash() != hash) {
      return claim(token, Verdict.NONDETERMINISM, "the run came out differently when repeated", Optional.empty());
    }
    Optional<String> change = change(token, strategy, digits);
    Optional<String> oracle =
        runner.isFinding() ? Optional.of(runner.findings().getFirst().oracle()) : Optional.empty();
    boolean asExpected = (token.verdict() == Verdict.FINDING) == oracle.isPresent()
        && (token.oracle().isEmpty() || token.oracle().equals(oracle));
    String expected = "expected " + token.expectation() + "; ";
    if (!asExpected) {
      String instead = oracle.map(each -> "FINDING by " + each + ": " + runner.findings().getFirst().what())
          .orElse("nothing was found");
      return claim(token, Verdict.FINDING, expected + instead + change.map(how -> "; " + how).orElse(""),
          oracle.map(each -> race(runner, token)));
    }
    return change.or(() -> runner.shortfall().filter(why -> oracle.isEmpty()).map(why -> expected + why))
        .map(why -> claim(token, Verdict.INCONCLUSIVE, why, Optional.empty()))
        .orElseGet(() -> new Claim(Claim.Kind.PINNED, token.run().token().text(), Verdict.PASS, "", "",
            Optional.empty(), Optional.of(token.place())));
  }

  /** Yields in what the run, though it repeats, is not the one that was pinned, and what to do about it. */
  private static Optional<String> change(PinnedToken token, Strategy strategy, String digits) {
    Optional<String> differs = Optional.empty();
    if (strategy instanceof Replay replay && replay.missed() > 0) {
      differs = Optional.of(replay.missed()
          + (replay.missed() == 1 ? " switch" : " switches") + " of the schedule could not be followed");
    } else if (token.hash().isPresent() && !token.hash().get().equals(digits)) {
      differs = Optional.of("trace hash " + digits + " instead of " + token.hash().get());
    }
    String remedy = token.place().isBuiltIn()
        ? "write the golden runs anew (README, 'How it is built')"
        : "pin it again";
    return differs.map(how -> how + ": the kernel text has changed since it was pinned; if that is meant, " + remedy);
  }

  private FoundRace race(Runner runner, PinnedToken token) {
    Explanation explanation = Explanation.asIs(runner, token.run().strategy(runner), token.run().seed());
    return FoundRaces.of(runner, explanation, model, token.run().token().text(), token.fileOption());
  }

  private static Claim claim(PinnedToken token, Verdict verdict, String how, Optional<FoundRace> race) {
    String name = token.run().token().text();
    return new Claim(Claim.Kind.PINNED, name, verdict, Safe.print(token.place().text() + ": " + how), name, race,
        Optional.of(token.place()));
  }

  private static String digits(long hash) {
    return String.format(Locale.ROOT, "%016x", hash);
  }
}
