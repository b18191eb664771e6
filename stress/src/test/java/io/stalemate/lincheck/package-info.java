/**
 * Kernel text on the native machine, cross-examined by Lincheck: for each family of operations a suite that Lincheck
 * must pass with the correct text and must fail with a known race in it. Start at {@link
 * io.stalemate.lincheck.ModelChecked}, which holds all there is of Lincheck's options, then {@link
 * io.stalemate.lincheck.YardstickTest}.
 *
 * <p>Runs in a JVM of its own ({@code -XX:ActiveProcessorCount=1}, no coverage agent). The system property
 * {@code stalemate.lincheck} is {@code short} (as CI runs it) or {@code long}.
 *
 * <p>Lincheck explores sequentially consistent executions; what weaker memory adds is JCStress's business.
 */
@NullMarked
package io.stalemate.lincheck;

import org.jspecify.annotations.NullMarked;
