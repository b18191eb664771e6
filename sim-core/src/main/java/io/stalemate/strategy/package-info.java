/**
 * Who goes next. A {@link io.stalemate.strategy.Strategy} picks one of the tasks whose announced operations can
 * proceed; each policy is one small file. All draw from {@link io.stalemate.strategy.Seeded} alone, so a seed is a
 * schedule.
 *
 * <p>May import: {@code trace}. Start at {@code Strategy}, then {@code RandomWalk}.
 */
@NullMarked
package io.stalemate.strategy;

import org.jspecify.annotations.NullMarked;
