package io.stalemate.check;

import io.stalemate.actors.Worlds;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.session.Case;
import io.stalemate.session.Portfolio;
import io.stalemate.session.Runner;
import io.stalemate.session.Search;
import io.stalemate.session.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** What was planted must be found by the means that look for everything else, or none of the other claims counts. */
final class CanarySuite {

  static final String NAME = "canaries";

  private static final String SCENARIO = "yardstick";
  private static final int BOUND = 2;
  private static final long SCHEDULES_MAX = 20_000;

  private final Case unrepeatable;
  private final Case racy;
  private final BooleanSupplier stop;
  private final long schedulesMax;

  /**
   * {@code unrepeatable} must be seen not to repeat, and a finding be made in {@code racy} by the search, each within
   * {@code schedulesMax}.
   */
  CanarySuite(Case unrepeatable, Case racy, BooleanSupplier stop, long schedulesMax) {
    this.unrepeatable = unrepeatable;
    this.racy = racy;
    this.stop = stop;
    this.schedulesMax = schedulesMax;
  }

  /** The canaries of every check. */
  static CanarySuite planted(BooleanSupplier stop) {
    return new CanarySuite(planted("canary-identity-hash"), planted("no-retry-check"), stop, SCHEDULES_MAX);
  }

  static Case planted(String race) {
    return Case.of(new Catalogue().scenario(SCENARIO), true, Optional.empty(), Optional.of(race));
  }

  /** Runs them in world {@code world}. */
  Suite run(Worlds worlds, int world) {
    long begun = System.nanoTime();
    Portfolio portfolio = new Portfolio(List.of(new Runner(worlds, world, unrepeatable)), 0, stop);
    portfolio.run(schedulesMax);
    Claim repetition = claim(unrepeatable, portfolio.differed().isPresent(), "runs that do not repeat");
    Search.Result searched =
        new Search(new Runner(worlds, world, racy), new Search.Limits(BOUND, schedulesMax), stop).run();
    Claim search = claim(racy, searched.found().isPresent(), "a finding by search");
    long runs = portfolio.runs() + searched.tally().runs();
    return new Suite(NAME, unrepeatable.kernel().text(), "what was planted is found", List.of(repetition, search),
        "one race by repetition, one by search", runs, System.nanoTime() - begun);
  }

  private Claim claim(Case planted, boolean found, String what) {
    String name = planted.race().map(race -> race.card().name()).orElse("no race");
    if (found) {
      return Claims.pass(Claim.Kind.CANARY, name);
    }
    return stop.getAsBoolean()
        ? new Claim(Claim.Kind.CANARY, name, Verdict.INCONCLUSIVE, "the check was ended before " + what + " showed", "",
            Optional.empty())
        : new Claim(Claim.Kind.CANARY, name, Verdict.ERROR,
            "the check is blind: planted were " + what + ", and nothing showed", "", Optional.empty());
  }
}
