/**
 * Builds what a scenario describes inside a world: the host, the VM from the text of an era with or without a known
 * race, and the tasks with their actions.
 *
 * <p>May import: {@code scenario}, {@code race}, {@code sim-core}. Start at {@link io.stalemate.testbed.Testbed}.
 * Without a world, on any machine, a VM is booted by {@link io.stalemate.testbed.KvmSetup}.
 */
@NullMarked
package io.stalemate.testbed;

import org.jspecify.annotations.NullMarked;
