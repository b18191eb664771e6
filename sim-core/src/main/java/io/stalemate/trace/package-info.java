/**
 * What happened in a run: operations, the event log, the names of shared objects, the text form of a trace.
 *
 * <p>A {@link io.stalemate.trace.Trace} is the only thing oracles read and the only thing replay compares. It is
 * written by a world and knows nothing of it. Start at {@link io.stalemate.trace.Op}, then {@code Trace}.
 *
 * <p>May import: {@code machine}.
 */
@NullMarked
package io.stalemate.trace;

import org.jspecify.annotations.NullMarked;
