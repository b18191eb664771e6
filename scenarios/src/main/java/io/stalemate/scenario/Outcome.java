package io.stalemate.scenario;

import io.stalemate.scenario.condition.Condition;

/**
 * A row of the outcome table.
 *
 * @param text the condition as written
 */
public record Outcome(String name, OutcomeClass grade, String text, Condition when) {}
