package io.stalemate.scenario;

import io.stalemate.scenario.condition.Condition;

/**
 * Something that must happen in at least one schedule of a run ("sometimes"); else the verdict is INCONCLUSIVE.
 *
 * @param text the condition as written
 */
public record Goal(String name, String text, Condition when) {}
