/**
 * What a user reads of a run: the splat of a finding and the interleaving in columns, as plain strings.
 *
 * <p>Renderers only: they know no command line, print nothing and read nothing but what they are given, above all the
 * trace. Foreign text goes through {@link io.stalemate.scenario.input.Safe} on its way out. Nothing here may throw on
 * account of what a trace holds. Start at {@link io.stalemate.report.Splat}, then
 * {@link io.stalemate.report.Columns}.
 *
 * <p>May import: {@code trace}, {@code oracle}, {@code strategy}, {@code machine}, {@code scenario.input}.
 */
@NullMarked
package io.stalemate.report;

import org.jspecify.annotations.NullMarked;
