/**
 * What comes from outside: refusals, and the two functions that make foreign text fit to be shown.
 *
 * <p>Scenario files, conditions and tokens are read by the neighbouring packages; whatever they cannot accept ends in
 * one {@link io.stalemate.scenario.input.Refused}, whose message is the one line that the user sees.
 *
 * <p>May import: {@code java.*}.
 */
@NullMarked
package io.stalemate.scenario.input;

import org.jspecify.annotations.NullMarked;
