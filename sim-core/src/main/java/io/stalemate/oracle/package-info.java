/**
 * What would hurt a real host or guest, recognised from events alone. Each {@link io.stalemate.oracle.Oracle} watches
 * some operations of a run and reports a {@link io.stalemate.oracle.Finding} with the events that led to it. On the
 * correct model no oracle may ever fire.
 *
 * <p>May import: {@code trace}, {@code machine}, {@code linearizability}. Never {@code sim} or kernel text: an oracle
 * reads events, not the world. Start at {@code Oracle}, then {@code Oracles}, which lists them.
 */
@NullMarked
package io.stalemate.oracle;

import org.jspecify.annotations.NullMarked;
