package io.stalemate.architecture.planted.session;

import akka.actor.ActorSystem;

/** Takes Akka out of its home. */
public final class SeesAkka {
  /** Yields what it should not know. */
  public String name(ActorSystem system) {
    return system.name();
  }
}
