/**
 * Tokens: one short word that names a schedule, and the model it belongs to.
 *
 * <p>Start at {@link io.stalemate.scenario.token.Token}. {@link io.stalemate.scenario.token.Check} says which typing
 * errors are always caught, and why; {@link io.stalemate.scenario.token.Model} what the model's fingerprint is.
 *
 * <p>May import: {@code io.stalemate.scenario}, {@code io.stalemate.scenario.input}.
 */
@NullMarked
package io.stalemate.scenario.token;

import org.jspecify.annotations.NullMarked;
