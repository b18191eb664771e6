/**
 * The engine: Akka Typed actors play the tasks of a world and own its locks, SRCU domains and TLBs, on a dispatcher
 * that runs only when the world drains it. One {@link io.stalemate.actors.Worlds} (one ActorSystem) serves all worlds
 * of a process, each with a dispatcher and a thread of its own.
 *
 * <p>A task's actor hosts its kernel text; a message passes the turn only when the strategy picks another task. Owners
 * are changed by message alone; the reply to such a message is that it was processed before the sender goes on.
 *
 * <p>May import: {@code scenario}, {@code sim-core}, Akka; nothing outside this module imports Akka. Start at
 * {@code ActorEngine}, then {@code TaskActor} and {@code RwlockActor}.
 */
@NullMarked
package io.stalemate.actors;

import org.jspecify.annotations.NullMarked;
