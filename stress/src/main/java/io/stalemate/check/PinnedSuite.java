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

/** Runs every pinned token twice, and compares what comes of it with what is written down. */
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
      return differs(token, "the run came out differently when repeated");
    }
    if (strategy instanceof Replay replay && replay.missed() > 0) {
      return differs(token, replay.missed() + " switches of the schedule could not be followed");
    }
    if (token.hash().isPresent() && !token.hash().get().equals(digits)) {
      return differs(token, "trace hash " + digits + " instead of " + token.hash().get());
    }
    Optional<String> oracle =
        runner.isFinding() ? Optional.of(runner.findings().getFirst().oracle()) : Optional.empty();
    boolean asExpected = (token.verdict() == Verdict.FINDING) == oracle.isPresent()
        && (token.oracle().isEmpty() || token.oracle().equals(oracle));
    String name = token.run().token().text();
    if (asExpected) {
      return runner.shortfall().filter(why -> oracle.isEmpty())
          .map(why -> new Claim(Claim.Kind.PINNED, name, Verdict.INCONCLUSIVE,
              Safe.print(token.place() + ": expected " + token.expectation() + "; " + why), name, Optional.empty()))
          .orElse(Claims.pass(Claim.Kind.PINNED, name));
    }
    String instead = oracle.map(each -> "FINDING by " + each + ": " + runner.findings().getFirst().what())
        .orElse("nothing was found");
    Optional<FoundRace> race = oracle.map(each -> race(runner, token));
    return new Claim(Claim.Kind.PINNED, name, Verdict.FINDING,
        Safe.print(token.place() + ": expected " + token.expectation() + "; " + instead), name, race);
  }

  private FoundRace race(Runner runner, PinnedToken token) {
    Explanation explanation = Explanation.asIs(runner, token.run().strategy(runner), token.run().seed());
    return FoundRaces.of(runner, explanation, model, token.run().token().text(), token.fileOption());
  }

  private static Claim differs(PinnedToken token, String how) {
    String name = token.run().token().text();
    return new Claim(Claim.Kind.PINNED, name, Verdict.NONDETERMINISM, Safe.print(token.place() + ": " + how), name,
        Optional.empty());
  }

  private static String digits(long hash) {
    return String.format(Locale.ROOT, "%016x", hash);
  }
}
