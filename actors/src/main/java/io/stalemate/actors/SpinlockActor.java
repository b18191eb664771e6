package io.stalemate.actors;

import akka.actor.typed.Behavior;
import akka.actor.typed.ExtensibleBehavior;
import akka.actor.typed.Signal;
import akka.actor.typed.TypedActorContext;
import io.stalemate.sim.LockState;
import io.stalemate.trace.Op;

/** Owns a spinlock: {@code mmu_lock} of the older eras, {@code mn_invalidate_lock}, page-table locks. */
final class SpinlockActor extends ExtensibleBehavior<SpinlockActor.Command> {

  private static final int SPIN_LOCK = Op.SPIN_LOCK.ordinal();
  private static final int SPIN_TRYLOCK = Op.SPIN_TRYLOCK.ordinal();
  private static final int SPIN_UNLOCK = Op.SPIN_UNLOCK.ordinal();

  private final LockState lock;

  private SpinlockActor(LockState lock) {
    this.lock = lock;
  }

  /** What it understands: the operations that change the lock, each with the task that performs it. */
  sealed interface Command permits Lock, Trylock, Unlock {}

  /** {@code spin_lock()}. */
  record Lock(int task) implements Command {}

  /** {@code spin_trylock()}. */
  record Trylock(int task) implements Command {}

  /** {@code spin_unlock()}. */
  record Unlock(int task) implements Command {}

  static Behavior<Command> create(LockState lock) {
    return new SpinlockActor(lock);
  }

  /** Yields every message there is, by opcode and task: they are made once, not per event. */
  static Command[][] messages() {
    Command[][] messages = new Command[Op.values().length][];
    Messages.fill(messages, SPIN_LOCK, Lock::new);
    Messages.fill(messages, SPIN_TRYLOCK, Trylock::new);
    Messages.fill(messages, SPIN_UNLOCK, Unlock::new);
    return messages;
  }

  @Override
  public Behavior<Command> receive(TypedActorContext<Command> context, Command command) {
    switch (command) {
      case Lock(int task) -> lock.perform(task, SPIN_LOCK);
      case Trylock(int task) -> lock.perform(task, SPIN_TRYLOCK);
      case Unlock(int task) -> lock.perform(task, SPIN_UNLOCK);
    }
    return this;
  }

  @Override
  public Behavior<Command> receiveSignal(TypedActorContext<Command> context, Signal signal) {
    return this;
  }
}
