/**
 * Scenario files: reading them, refusing what is wrong or hostile, and the built-in ones.
 *
 * <p>Start at {@link io.stalemate.scenario.file.ScenarioFile} for a file and at
 * {@link io.stalemate.scenario.file.Catalogue} for the built-in scenarios. The syntax is HOCON without includes,
 * substitutions, dotted and repeated keys; {@code template.scenario.conf} explains every key. Where numbers are due
 * only whole ones, decimal or {@code 0x}, are taken.
 *
 * <p>May import: {@code io.stalemate.scenario}, its {@code input} and {@code condition}, {@code com.typesafe.config},
 * which nobody else sees.
 */
@NullMarked
package io.stalemate.scenario.file;

import org.jspecify.annotations.NullMarked;
