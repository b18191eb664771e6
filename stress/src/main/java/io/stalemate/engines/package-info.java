/**
 * Scenario zero in the simulator and in Lincheck, measured side by side. Start at
 * {@link io.stalemate.engines.EngineBench}: it lets {@link io.stalemate.engines.Engine}s run in short turns, so that a
 * slow moment of the machine slows all alike. Lincheck rewrites classes as they load, so it runs in a JVM of its own:
 * {@link io.stalemate.engines.LincheckProcess} is this side of it, {@link io.stalemate.engines.LincheckServer} the
 * other.
 *
 * <p>May import: {@code machine}, {@code yardstick}, {@code jvm}, {@code race}, {@code scenario}, {@code actors},
 * {@code session}; Lincheck has its home here.
 */
@NullMarked
package io.stalemate.engines;

import org.jspecify.annotations.NullMarked;
