package io.stalemate.cli;

import io.stalemate.race.Race;
import io.stalemate.session.Case;
import io.stalemate.session.Session;
import java.util.Locale;

/**
 * Whether the race that was put back came into play and was found. If not, runs without a finding prove nothing.
 *
 * @param hasEffect whether the race changes what runs do; without meaning if there is no race
 */
record Exposure(Session.Plan plan, Session.Result result, boolean hasEffect) {

  /** Whether a race was put back that changes nothing. */
  boolean isIdle() {
    return subject().race().isPresent() && !hasEffect;
  }

  /** Whether a race was put back and nothing was found. A canary is none: it shows in other ways. */
  boolean isMissed() {
    return subject().race().isPresent() && card().kind() != Race.Kind.CANARY
        && result.found().isEmpty() && result.differed().isEmpty();
  }

  /** Yields what is said of an idle or missed race, and what to try. */
  String text() {
    String scenarios = String.join(", ", card().scenarios());
    return isIdle()
        ? String.format(Locale.ROOT,
            "race %s changes nothing here: %,d runs go the same way with and without it; it shows in %s",
            card().name(), RunCommand.EFFECT_RUNS, scenarios)
        : String.format(Locale.ROOT, "race %s was not exposed in %,d runs; its scenarios are %s; %s",
            card().name(), result.tally().runs(), scenarios, advice());
  }

  private String advice() {
    if (!subject().oracles().isEmpty() && !subject().oracles().contains(card().oracle())) {
      return "try without --oracle: " + card().oracle() + " sees its harm";
    }
    return plan.strategy().equals("pct3") ? "try --strategy random or more runs" : "try --strategy pct3";
  }

  private Case subject() {
    return plan.subject();
  }

  private Race.Card card() {
    return subject().race().orElseThrow().card();
  }
}
