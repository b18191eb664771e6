/**
 * Known races as patches. Each {@link io.stalemate.race.Race} is one small class that puts one historical bug, or one
 * seeded defect, back into the correct text by overriding one function or one step of it. The model itself carries no
 * flags for bugs.
 *
 * <p>May import: kernel text. Start at {@code Race}, then {@code NoRetryCheck}; {@code Races} lists them all.
 */
@NullMarked
package io.stalemate.race;

import org.jspecify.annotations.NullMarked;
