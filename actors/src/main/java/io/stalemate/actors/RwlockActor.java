package io.stalemate.actors;

import akka.actor.typed.Behavior;
import akka.actor.typed.ExtensibleBehavior;
import akka.actor.typed.Signal;
import akka.actor.typed.TypedActorContext;
import io.stalemate.sim.LockState;
import io.stalemate.trace.Op;

/** Owns a reader-writer spinlock: {@code mmu_lock} of the newer eras. */
final class RwlockActor extends ExtensibleBehavior<RwlockActor.Command> {

  private static final int READ_LOCK = Op.READ_LOCK.ordinal();
  private static final int READ_UNLOCK = Op.READ_UNLOCK.ordinal();
  private static final int WRITE_LOCK_QUEUED = Op.WRITE_LOCK_QUEUED.ordinal();
  private static final int WRITE_LOCK = Op.WRITE_LOCK.ordinal();
  private static final int WRITE_UNLOCK = Op.WRITE_UNLOCK.ordinal();

  private final LockState lock;

  private RwlockActor(LockState lock) {
    this.lock = lock;
  }

  /** What it understands: the operations that change the lock, each with the task that performs it. */
  sealed interface Command permits ReadLock, ReadUnlock, Queue, WriteLock, WriteUnlock {}

  /** {@code read_lock()}. */
  record ReadLock(int task) implements Command {}

  /** {@code read_unlock()}. */
  record ReadUnlock(int task) implements Command {}

  /** {@code write_lock() that finds the lock taken}. */
  record Queue(int task) implements Command {}

  /** {@code write_lock()}. */
  record WriteLock(int task) implements Command {}

  /** {@code write_unlock()}. */
  record WriteUnlock(int task) implements Command {}

  static Behavior<Command> create(LockState lock) {
    return new RwlockActor(lock);
  }

  /** Yields every message there is, by opcode and task: they are made once, not per event. */
  static Command[][] messages() {
    Command[][] messages = new Command[Op.values().length][];
    Messages.fill(messages, READ_LOCK, ReadLock::new);
    Messages.fill(messages, READ_UNLOCK, ReadUnlock::new);
    Messages.fill(messages, WRITE_LOCK_QUEUED, Queue::new);
    Messages.fill(messages, WRITE_LOCK, WriteLock::new);
    Messages.fill(messages, WRITE_UNLOCK, WriteUnlock::new);
    return messages;
  }

  @Override
  public Behavior<Command> receive(TypedActorContext<Command> context, Command command) {
    switch (command) {
      case ReadLock(int task) -> lock.perform(task, READ_LOCK);
      case ReadUnlock(int task) -> lock.perform(task, READ_UNLOCK);
      case Queue(int task) -> lock.perform(task, WRITE_LOCK_QUEUED);
      case WriteLock(int task) -> lock.perform(task, WRITE_LOCK);
      case WriteUnlock(int task) -> lock.perform(task, WRITE_UNLOCK);
    }
    return this;
  }

  @Override
  public Behavior<Command> receiveSignal(TypedActorContext<Command> context, Signal signal) {
    return this;
  }
}
