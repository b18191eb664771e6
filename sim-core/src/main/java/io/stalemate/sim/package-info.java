/**
 * The simulated machine: a {@link io.stalemate.sim.World} whose tasks are kernel text in coroutines and whose every
 * shared operation is an event; the pure state machines of locks, SRCU and TLBs; sequentially consistent memory.
 *
 * <p>A world chooses, records and performs. How a turn passes from task to task, and who owns the state machines, is
 * the {@link io.stalemate.sim.Engine}'s: actors in the product, direct calls in this module's own tests.
 *
 * <p>May import: {@code machine}, {@code trace}, {@code strategy}, {@code oracle.Ending}. No threads, no Akka. Start at
 * {@code World}, then {@code SimWord}.
 */
@NullMarked
package io.stalemate.sim;

import org.jspecify.annotations.NullMarked;
