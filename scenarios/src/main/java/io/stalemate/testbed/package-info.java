/**
 * Builds what a scenario describes inside a world: the host, the VM from the text of an era with or without a known
 * race, and the tasks with their actions.
 *
 * <p>May import: {@code scenario}, {@code race}, {@code sim-core}. Start at {@link io.stalemate.testbed.Testbed}.
 */
@NullMarked
package io.stalemate.testbed;

import org.jspecify.annotations.NullMarked;
