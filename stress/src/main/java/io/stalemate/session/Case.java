package io.stalemate.session;

import io.stalemate.oracle.Oracles;
import io.stalemate.race.Race;
import io.stalemate.race.Races;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.scenario.input.Nearest;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import io.stalemate.scenario.token.Overrides;
import io.stalemate.scenario.token.Token;
import java.util.List;
import java.util.Optional;

/**
 * What is run: a scenario on the text of an era, with a known race put back or none.
 *
 * @param isBuiltIn whether the scenario is of the catalogue; else tokens carry its digest
 * @param plainAccessesAreChoices whether the strategy may switch before plain accesses too
 * @param oracles those that watch, of those the scenario allows; empty for all. No part of tokens: traces do not change
 */
public record Case(
    Scenario scenario,
    String era,
    Optional<Race> race,
    boolean isBuiltIn,
    boolean plainAccessesAreChoices,
    List<String> oracles) {

  private static final String FILE_DIGEST = "f";
  private static final String PLAIN = "plain";
  private static final String CHOICES = "choices";

  /**
   * Puts a case together.
   *
   * @param era the era asked for; by default the race's first or the scenario's
   * @throws Refused (usage) if scenario, era and race do not go together
   */
  public static Case of(Scenario scenario, boolean isBuiltIn, Optional<String> era, Optional<String> race) {
    Optional<Race> patch = race.map(Races::byName);
    String chosen = era.orElseGet(() -> eraFor(scenario, patch));
    if (!scenario.vm().eras().contains(chosen)) {
      throw Refused.usage("scenario " + scenario.name() + " has no era " + Safe.quote(chosen) + "; allowed: "
          + String.join(", ", scenario.vm().eras()));
    }
    if (patch.isPresent() && !patch.get().card().eras().contains(chosen)) {
      throw Refused.usage("race " + patch.get().card().name() + " cannot be put into era " + chosen + "; allowed: "
          + String.join(", ", patch.get().card().eras()));
    }
    return new Case(scenario, chosen, patch, isBuiltIn, false, List.of());
  }

  /** Yields the same case with plain accesses as choices, or not. */
  public Case withPlainAccessesAsChoices(boolean choices) {
    return new Case(scenario, era, race, isBuiltIn, choices, oracles);
  }

  /**
   * Yields the same case watched by these oracles alone; by all if none are named.
   *
   * @throws Refused (usage) for an unknown name
   */
  public Case watchedBy(List<String> names) {
    for (String name : names) {
      if (!Oracles.names().contains(name)) {
        throw Refused.usage("unknown oracle " + Safe.quote(name) + "; " + Nearest.hint(name, Oracles.names()));
      }
    }
    return new Case(scenario, era, race, isBuiltIn, plainAccessesAreChoices, List.copyOf(names));
  }

  /** Yields the same case without its race. */
  public Case withoutRace() {
    return new Case(scenario, era, Optional.empty(), isBuiltIn, plainAccessesAreChoices, oracles);
  }

  private static String eraFor(Scenario scenario, Optional<Race> race) {
    String usual = scenario.vm().era();
    if (race.isEmpty() || race.get().card().eras().contains(usual)) {
      return usual;
    }
    for (String era : race.get().card().eras()) {
      if (scenario.vm().eras().contains(era)) {
        return era;
      }
    }
    return usual;
  }

  /**
   * Yields the case that a token names.
   *
   * @param file the scenario to use if the token is of a scenario file
   * @throws Refused if there is no such case, or the file is not the one the token was made with
   */
  public static Case of(Token token, Catalogue catalogue, Optional<Scenario> file) {
    Overrides overrides = token.overrides();
    for (String key : overrides.values().keySet()) {
      if (!List.of("era", "race", FILE_DIGEST, PLAIN).contains(key)) {
        throw Refused.input("token with an override that means nothing: " + Safe.quote(key));
      }
    }
    Optional<String> plain = overrides.get(PLAIN);
    if (plain.isPresent() && !plain.get().equals(CHOICES)) {
      throw Refused.input("token with plain=" + Safe.quote(plain.get()) + "; plain=" + CHOICES + " is allowed");
    }
    return of(overrides, token, catalogue, file).withPlainAccessesAsChoices(plain.isPresent());
  }

  private static Case of(Overrides overrides, Token token, Catalogue catalogue, Optional<Scenario> file) {
    Optional<String> digest = overrides.get(FILE_DIGEST);
    if (digest.isEmpty()) {
      return of(catalogue.scenario(token.scenario()), true, overrides.era(), overrides.get("race"));
    }
    Scenario scenario = file.orElseThrow(() -> Refused.usage(
        "the token is of scenario file " + token.scenario() + "; give the file with --file"));
    if (!scenario.name().equals(token.scenario()) || !scenario.digest().equals(digest.get())) {
      throw Refused.model("the token is of scenario " + token.scenario() + " with digest " + digest.get()
          + "; the file holds " + scenario.name() + " with digest " + scenario.digest());
    }
    return of(scenario, false, overrides.era(), overrides.get("race"));
  }

  /** Yields what the case changes in its scenario, as tokens have it. */
  public Overrides overrides() {
    Overrides overrides = Overrides.NONE;
    if (!era.equals(scenario.vm().era())) {
      overrides = overrides.withEra(era);
    }
    if (race.isPresent()) {
      overrides = overrides.with("race", race.get().card().name());
    }
    if (plainAccessesAreChoices) {
      overrides = overrides.with(PLAIN, CHOICES);
    }
    return isBuiltIn ? overrides : overrides.with(FILE_DIGEST, scenario.digest());
  }
}
