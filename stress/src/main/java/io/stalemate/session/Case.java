package io.stalemate.session;

import io.stalemate.oracle.Oracles;
import io.stalemate.race.Race;
import io.stalemate.race.Races;
import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.Worded;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.scenario.input.Nearest;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import io.stalemate.scenario.token.Overrides;
import io.stalemate.scenario.token.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is run: a scenario on a kernel, with a known race put back or none.
 *
 * @param isBuiltIn whether the scenario is of the catalogue; else tokens carry its digest
 * @param plainAccessesAreChoices whether the strategy may switch before plain accesses too
 * @param oracles those that watch, of those the scenario allows; empty for all. No part of tokens: traces do not change
 */
public record Case(
    Scenario scenario,
    Kernel kernel,
    Optional<Race> race,
    boolean isBuiltIn,
    boolean plainAccessesAreChoices,
    List<String> oracles) {

  private static final String FILE_DIGEST = "f";
  private static final String PLAIN = "plain";
  private static final String CHOICES = "choices";
  private static final String SYSTEM = "system";

  /** Puts a case on {@code kernel} together. */
  public static Case of(Scenario scenario, boolean isBuiltIn, Kernel kernel, Optional<String> race) {
    return of(scenario, isBuiltIn, Optional.of(kernel.system().word()), Optional.of(kernel.era()), race);
  }

  /** Puts a case on the system that suits it together, as the other form does. */
  public static Case of(Scenario scenario, boolean isBuiltIn, Optional<String> era, Optional<String> race) {
    return of(scenario, isBuiltIn, Optional.empty(), era, race);
  }

  /**
   * Puts a case together.
   *
   * @param system the system asked for; by default the scenario's, or its first that has the era and the race
   * @param era the era asked for; by default the race's first or the scenario's
   * @throws Refused (usage) if scenario, system, era and race do not go together
   */
  public static Case of(Scenario scenario, boolean isBuiltIn, Optional<String> system, Optional<String> era,
      Optional<String> race) {
    Optional<Race> patch = race.map(Races::byName);
    SystemUnderTest on = system.isPresent() ? system(scenario, system.get()) : systemFor(scenario, era, patch);
    if (patch.isPresent() && !patch.get().systems().contains(on)) {
      throw Refused.usage("race " + patch.get().card().name() + " has no effect on system " + on.word()
          + "; it is one of " + words(patch.get().systems()));
    }
    String chosen = era.orElseGet(() -> eraFor(scenario, on, patch));
    List<String> eras = scenario.kernels(on).stream().map(Kernel::era).toList();
    if (!eras.contains(chosen)) {
      throw Refused.usage("scenario " + scenario.name() + " has no era " + Safe.quote(chosen) + " on system "
          + on.word() + "; allowed: " + String.join(", ", eras));
    }
    if (patch.isPresent() && !patch.get().card().eras().contains(chosen)) {
      throw Refused.usage("race " + patch.get().card().name() + " cannot be put into era " + chosen + "; allowed: "
          + String.join(", ", patch.get().card().eras()));
    }
    return new Case(scenario, new Kernel(on, chosen), patch, isBuiltIn, false, List.of());
  }

  private static SystemUnderTest system(Scenario scenario, String word) {
    for (SystemUnderTest each : scenario.systems()) {
      if (each.word().equals(word)) {
        return each;
      }
    }
    throw Refused.usage("scenario " + scenario.name() + " does not run on system " + Safe.quote(word) + "; "
        + Nearest.hint(word, Worded.words(scenario.systems().toArray(Worded[]::new))));
  }

  private static String words(List<SystemUnderTest> systems) {
    return String.join(", ", Worded.words(systems.toArray(Worded[]::new)));
  }

  /** The scenario's own system if it has the era and the race, else the first that has, else its own. */
  private static SystemUnderTest systemFor(Scenario scenario, Optional<String> era, Optional<Race> race) {
    List<SystemUnderTest> inOrder = new ArrayList<>(List.of(scenario.system()));
    inOrder.addAll(scenario.systems());
    for (SystemUnderTest each : inOrder) {
      List<Kernel> suitable = race.isPresent() ? race.get().kernels(scenario) : scenario.kernels();
      if (suitable.stream().anyMatch(kernel -> kernel.system() == each
          && (era.isEmpty() || era.get().equals(kernel.era())))) {
        return each;
      }
    }
    return scenario.system();
  }

  private static String eraFor(Scenario scenario, SystemUnderTest system, Optional<Race> race) {
    String usual = scenario.kernel(system).era();
    if (race.isEmpty() || race.get().card().eras().contains(usual)) {
      return usual;
    }
    for (String era : race.get().card().eras()) {
      if (scenario.kernels(system).stream().anyMatch(kernel -> kernel.era().equals(era))) {
        return era;
      }
    }
    return usual;
  }

  /** The era of {@link #kernel}. */
  public String era() {
    return kernel.era();
  }

  /** Yields what reports call the kernel: the era, after the system if the scenario has several. */
  public String kernelText() {
    return scenario.systems().size() == 1 ? kernel.era() : kernel.text();
  }

  /** Yields the same case with plain accesses as choices, or not. */
  public Case withPlainAccessesAsChoices(boolean choices) {
    return new Case(scenario, kernel, race, isBuiltIn, choices, oracles);
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
    return new Case(scenario, kernel, race, isBuiltIn, plainAccessesAreChoices, List.copyOf(names));
  }

  /** Yields the same case without its race. */
  public Case withoutRace() {
    return new Case(scenario, kernel, Optional.empty(), isBuiltIn, plainAccessesAreChoices, oracles);
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
      if (!List.of("era", "race", SYSTEM, FILE_DIGEST, PLAIN).contains(key)) {
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
      return of(catalogue.scenario(token.scenario()), true, overrides.get(SYSTEM), overrides.era(),
          overrides.get("race"));
    }
    Scenario scenario = file.orElseThrow(() -> Refused.usage(
        "the token is of scenario file " + token.scenario() + "; give the file with --file"));
    if (!scenario.name().equals(token.scenario()) || !scenario.digest().equals(digest.get())) {
      throw Refused.model("the token is of scenario " + token.scenario() + " with digest " + digest.get()
          + "; the file holds " + scenario.name() + " with digest " + scenario.digest());
    }
    return of(scenario, false, overrides.get(SYSTEM), overrides.era(), overrides.get("race"));
  }

  /** Yields what the case changes in its scenario, as tokens have it. */
  public Overrides overrides() {
    Overrides overrides = Overrides.NONE;
    if (kernel.system() != scenario.system()) {
      overrides = overrides.with(SYSTEM, kernel.system().word());
    }
    if (!kernel.equals(scenario.kernel(kernel.system()))) {
      overrides = overrides.withEra(kernel.era());
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
