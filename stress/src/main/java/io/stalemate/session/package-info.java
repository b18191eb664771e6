/**
 * Runs scenarios: one run ({@link io.stalemate.session.Runner}), many on several workers
 * ({@link io.stalemate.session.Session}), every one with few preemptions ({@link io.stalemate.session.Search}), and
 * what is made of a run that found something ({@link io.stalemate.session.Explanation}): a shorter schedule, the call
 * stacks of its events, its tokens.
 *
 * <p>A session's result depends on its case, strategy, seed and number of runs alone, not on workers or time.
 *
 * <p>May import: {@code actors}, {@code testbed}, {@code race}, {@code scenario}, {@code sim-core}.
 */
@NullMarked
package io.stalemate.session;

import org.jspecify.annotations.NullMarked;
