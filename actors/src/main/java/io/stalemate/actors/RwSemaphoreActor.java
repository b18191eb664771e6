package io.stalemate.actors;

import akka.actor.typed.Behavior;
import akka.actor.typed.ExtensibleBehavior;
import akka.actor.typed.Signal;
import akka.actor.typed.TypedActorContext;
import io.stalemate.sim.LockState;
import io.stalemate.trace.Op;

/** Owns a reader-writer semaphore: {@code mmap_lock}. */
final class RwSemaphoreActor extends ExtensibleBehavior<RwSemaphoreActor.Command> {

  private static final int DOWN_READ = Op.DOWN_READ.ordinal();
  private static final int DOWN_READ_TRYLOCK = Op.DOWN_READ_TRYLOCK.ordinal();
  private static final int UP_READ = Op.UP_READ.ordinal();
  private static final int DOWN_WRITE_QUEUED = Op.DOWN_WRITE_QUEUED.ordinal();
  private static final int DOWN_WRITE = Op.DOWN_WRITE.ordinal();
  private static final int UP_WRITE = Op.UP_WRITE.ordinal();

  private final LockState lock;

  private RwSemaphoreActor(LockState lock) {
    this.lock = lock;
  }

  /** What it understands: the operations that change the lock, each with the task that performs it. */
  sealed interface Command permits DownRead, DownReadTrylock, UpRead, Queue, DownWrite, UpWrite {}

  /** {@code down_read()}. */
  record DownRead(int task) implements Command {}

  /** {@code down_read_trylock()}. */
  record DownReadTrylock(int task) implements Command {}

  /** {@code up_read()}. */
  record UpRead(int task) implements Command {}

  /** {@code down_write() that finds the semaphore taken}. */
  record Queue(int task) implements Command {}

  /** {@code down_write()}. */
  record DownWrite(int task) implements Command {}

  /** {@code up_write()}. */
  record UpWrite(int task) implements Command {}

  static Behavior<Command> create(LockState lock) {
    return new RwSemaphoreActor(lock);
  }

  /** Yields every message there is, by opcode and task: they are made once, not per event. */
  static Command[][] messages() {
    Command[][] messages = new Command[Op.values().length][];
    Messages.fill(messages, DOWN_READ, DownRead::new);
    Messages.fill(messages, DOWN_READ_TRYLOCK, DownReadTrylock::new);
    Messages.fill(messages, UP_READ, UpRead::new);
    Messages.fill(messages, DOWN_WRITE_QUEUED, Queue::new);
    Messages.fill(messages, DOWN_WRITE, DownWrite::new);
    Messages.fill(messages, UP_WRITE, UpWrite::new);
    return messages;
  }

  @Override
  public Behavior<Command> receive(TypedActorContext<Command> context, Command command) {
    switch (command) {
      case DownRead(int task) -> lock.perform(task, DOWN_READ);
      case DownReadTrylock(int task) -> lock.perform(task, DOWN_READ_TRYLOCK);
      case UpRead(int task) -> lock.perform(task, UP_READ);
      case Queue(int task) -> lock.perform(task, DOWN_WRITE_QUEUED);
      case DownWrite(int task) -> lock.perform(task, DOWN_WRITE);
      case UpWrite(int task) -> lock.perform(task, UP_WRITE);
    }
    return this;
  }

  @Override
  public Behavior<Command> receiveSignal(TypedActorContext<Command> context, Signal signal) {
    return this;
  }
}
