/**
 * Scenarios as values: a VM, the tasks that run against it, what must be reached and how outcomes are judged.
 *
 * <p>Start at {@link io.stalemate.scenario.Scenario}. Files are read by {@code io.stalemate.scenario.file}; the format
 * is explained by the commented {@code template.scenario.conf} beside the built-in scenarios in this package's
 * resources. Values are immutable and know nothing of how they are run.
 *
 * <p>May import: {@code io.stalemate.machine}, {@code io.stalemate.scenario.condition}.
 */
@NullMarked
package io.stalemate.scenario;

import org.jspecify.annotations.NullMarked;
