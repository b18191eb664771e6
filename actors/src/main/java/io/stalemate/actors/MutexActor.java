package io.stalemate.actors;

import akka.actor.typed.Behavior;
import akka.actor.typed.ExtensibleBehavior;
import akka.actor.typed.Signal;
import akka.actor.typed.TypedActorContext;
import io.stalemate.sim.LockState;
import io.stalemate.trace.Op;

/** Owns a mutex: {@code slots_lock}, {@code slots_arch_lock}. */
final class MutexActor extends ExtensibleBehavior<MutexActor.Command> {

  private static final int MUTEX_LOCK = Op.MUTEX_LOCK.ordinal();
  private static final int MUTEX_TRYLOCK = Op.MUTEX_TRYLOCK.ordinal();
  private static final int MUTEX_UNLOCK = Op.MUTEX_UNLOCK.ordinal();

  private final LockState lock;

  private MutexActor(LockState lock) {
    this.lock = lock;
  }

  /** What it understands: the operations that change the lock, each with the task that performs it. */
  sealed interface Command permits Lock, Trylock, Unlock {}

  /** {@code mutex_lock()}. */
  record Lock(int task) implements Command {}

  /** {@code mutex_trylock()}. */
  record Trylock(int task) implements Command {}

  /** {@code mutex_unlock()}. */
  record Unlock(int task) implements Command {}

  static Behavior<Command> create(LockState lock) {
    return new MutexActor(lock);
  }

  /** Yields every message there is, by opcode and task: they are made once, not per event. */
  static Command[][] messages() {
    Command[][] messages = new Command[Op.values().length][];
    Messages.fill(messages, MUTEX_LOCK, Lock::new);
    Messages.fill(messages, MUTEX_TRYLOCK, Trylock::new);
    Messages.fill(messages, MUTEX_UNLOCK, Unlock::new);
    return messages;
  }

  @Override
  public Behavior<Command> receive(TypedActorContext<Command> context, Command command) {
    switch (command) {
      case Lock(int task) -> lock.perform(task, MUTEX_LOCK);
      case Trylock(int task) -> lock.perform(task, MUTEX_TRYLOCK);
      case Unlock(int task) -> lock.perform(task, MUTEX_UNLOCK);
    }
    return this;
  }

  @Override
  public Behavior<Command> receiveSignal(TypedActorContext<Command> context, Signal signal) {
    return this;
  }
}
