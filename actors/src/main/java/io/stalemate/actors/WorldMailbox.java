package io.stalemate.actors;

import akka.actor.ActorRef;
import akka.actor.ActorSystem;
import akka.dispatch.Envelope;
import akka.dispatch.MailboxType;
import akka.dispatch.MessageQueue;
import akka.dispatch.ProducesMessageQueue;
import com.typesafe.config.Config;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import scala.Option;

/** The mailbox of a world's actors: a plain queue, since sender and receiver share one thread. */
public final class WorldMailbox implements MailboxType, ProducesMessageQueue<WorldMailbox.Queue> {

  /** Called by Akka. */
  public WorldMailbox(ActorSystem.Settings settings, Config config) {}

  @Override
  public MessageQueue create(Option<ActorRef> owner, Option<ActorSystem> system) {
    return new Queue();
  }

  /** The queue itself. */
  public static final class Queue implements MessageQueue {

    private final ArrayDeque<Envelope> envelopes = new ArrayDeque<>(4);

    @Override
    public void enqueue(ActorRef receiver, Envelope envelope) {
      envelopes.addLast(envelope);
    }

    @Override
    public @Nullable Envelope dequeue() {
      return envelopes.pollFirst();
    }

    @Override
    public int numberOfMessages() {
      return envelopes.size();
    }

    @Override
    public boolean hasMessages() {
      return !envelopes.isEmpty();
    }

    @Override
    public void cleanUp(ActorRef owner, MessageQueue deadLetters) {
      envelopes.clear();
    }
  }
}
