package io.stalemate.check;

import io.stalemate.race.Races;
import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.Scenario;
import io.stalemate.session.Case;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A scenario to check.
 *
 * @param race a known race put back; none but in a test of the check itself
 * @param fileOption what commands that take its tokens need besides, {@code " --file F"}; empty for a built-in one
 */
public record Target(Scenario scenario, boolean isBuiltIn, Optional<String> race, String fileOption) {

  /** A scenario of the catalogue. */
  public static Target builtIn(Scenario scenario) {
    return new Target(scenario, true, Optional.empty(), "");
  }

  /** A scenario of a file; {@code fileOption} leads commands to it. */
  public static Target ofFile(Scenario scenario, String fileOption) {
    return new Target(scenario, false, Optional.empty(), fileOption);
  }

  /** Yields it on every kernel it makes sense on, its own first. */
  List<Case> cases() {
    Case own = Case.of(scenario, isBuiltIn, Optional.empty(), race);
    List<Kernel> kernels = race.map(name -> Races.byName(name).kernels(scenario)).orElseGet(scenario::kernels);
    List<Case> cases = new ArrayList<>(List.of(own));
    for (Kernel kernel : kernels) {
      if (!kernel.equals(own.kernel())) {
        cases.add(Case.of(scenario, isBuiltIn, kernel, race));
      }
    }
    return cases;
  }
}
