package io.stalemate.race;

import io.stalemate.scenario.input.Nearest;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import java.util.List;

/** All known races. */
public final class Races {

  private Races() {}

  /** Yields all of them. */
  public static List<Race> all() {
    return List.of(new NoRetryCheck());
  }

  /** Yields the race called {@code name}. */
  public static Race byName(String name) {
    for (Race race : all()) {
      if (race.card().name().equals(name)) {
        return race;
      }
    }
    throw Refused.usage("unknown race " + Safe.quote(name) + "; "
        + Nearest.hint(name, all().stream().map(race -> race.card().name()).toList()));
  }
}
