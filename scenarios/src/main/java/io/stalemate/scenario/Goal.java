package io.stalemate.scenario;

import io.stalemate.scenario.condition.Condition;
import java.util.List;

/**
 * Something that must happen in at least one schedule of a run ("sometimes"); else the verdict is INCONCLUSIVE.
 *
 * @param text the condition as written
 * @param systems those on which it must; runs on others may do without
 */
public record Goal(String name, String text, Condition when, List<SystemUnderTest> systems) {
  public Goal {
    systems = List.copyOf(systems);
  }
}
