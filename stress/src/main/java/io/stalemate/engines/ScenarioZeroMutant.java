package io.stalemate.engines;

import io.stalemate.jvm.NativeMachine;
import io.stalemate.race.Races;
import io.stalemate.yardstick.Yardstick;

/** Scenario zero without the retry check: what a Lincheck that sees anything at all finds. */
public final class ScenarioZeroMutant extends ScenarioZero {

  /** The race that is in it. */
  static final String RACE = "no-retry-check";

  /** Created by Lincheck. */
  public ScenarioZeroMutant() {}

  @Override
  Yardstick yardstick(NativeMachine machine) {
    return Races.byName(RACE).yardstick(machine, INVALIDATIONS);
  }
}
