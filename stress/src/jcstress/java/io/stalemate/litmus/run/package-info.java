/**
 * Runs the litmus tests and says how they went: JCStress behind one class, JUnit XML, exit codes. Start at
 * {@link io.stalemate.litmus.run.Litmus}.
 *
 * <p>May import: JCStress; {@code io.stalemate.litmus} by name alone.
 */
@NullMarked
package io.stalemate.litmus.run;

import org.jspecify.annotations.NullMarked;
