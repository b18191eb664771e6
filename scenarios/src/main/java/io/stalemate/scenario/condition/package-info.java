/**
 * Conditions over one finished schedule: what goals and outcomes of a scenario are made of.
 *
 * <p>Start at {@link io.stalemate.scenario.condition.Condition}; the grammar is documented at
 * {@link io.stalemate.scenario.condition.ConditionParser}. A condition is compiled once and evaluated once per
 * schedule, without allocating.
 *
 * <p>May import: {@code io.stalemate.machine.Tracepoint}, {@code io.stalemate.scenario.input}.
 */
@NullMarked
package io.stalemate.scenario.condition;

import org.jspecify.annotations.NullMarked;
