/**
 * Whether what several clients saw of one object could have happened in some order, one operation at a time: a checker
 * of concurrent histories against sequential specifications, and the specifications.
 *
 * <p>Pure: histories in, verdicts out. Start at {@link io.stalemate.linearizability.Specification}, then
 * {@link io.stalemate.linearizability.Checker}; {@link io.stalemate.linearizability.Register},
 * {@link io.stalemate.linearizability.PageMap}, {@link io.stalemate.linearizability.Memslots} and
 * {@link io.stalemate.linearizability.Attributes} are specifications, {@link io.stalemate.linearizability.Drawing}
 * shows a history to people.
 *
 * <p>May import: nothing of ours. Who makes histories of events is the oracles' business.
 */
@NullMarked
package io.stalemate.linearizability;

import org.jspecify.annotations.NullMarked;
