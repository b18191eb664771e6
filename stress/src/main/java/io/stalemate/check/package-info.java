/**
 * The gate of a project's CI: pinned tokens first, then a bounded search, then a portfolio of schedules seeded from the
 * commit. Start at {@link io.stalemate.check.Check}; {@link io.stalemate.check.CheckReport} is what it comes to.
 *
 * <p>The same commit, model and plan give the same report, whatever the number of workers and the machine: work is
 * counted in schedules, and a suite is the work of one thread.
 *
 * <p>May import: {@code session}, {@code actors}, {@code report}, {@code race}, {@code scenario}, {@code sim-core}.
 */
@NullMarked
package io.stalemate.check;

import org.jspecify.annotations.NullMarked;
