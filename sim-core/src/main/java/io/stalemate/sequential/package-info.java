/**
 * The machine for one thread: no world, no trace, no scheduling. Words are plain longs, and what would have to wait for
 * somebody else throws {@link java.lang.IllegalStateException} with the state, because nobody else is there.
 *
 * <p>For tests of kernel text as sequential code, for contract tests of {@code machine} that every binding must pass,
 * and for benchmarks of the text without the cost of a world. Not thread-safe.
 *
 * <p>May import: {@code machine}. Start at {@link io.stalemate.sequential.SequentialMachine}.
 */
@NullMarked
package io.stalemate.sequential;

import org.jspecify.annotations.NullMarked;
