package io.stalemate.actors;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import io.stalemate.sim.Engine;
import io.stalemate.sim.LockOwner;
import io.stalemate.sim.LockState;
import io.stalemate.sim.Role;
import io.stalemate.sim.SrcuOwner;
import io.stalemate.sim.SrcuState;
import io.stalemate.sim.TlbOwner;
import io.stalemate.sim.TlbState;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldFault;
import io.stalemate.trace.ObjectKind;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Passes turns and owns state by messages between the actors of one world. Actors are spawned when first needed and
 * kept from run to run.
 */
final class ActorEngine implements Engine {

  private static final int TASKS = 64;

  private final WorldExecutor executor;
  private final ActorRef<WorldActor.Command> parent;
  private final Map<Role, @Nullable ActorRef<TaskActor.Command>[]> spawned = new EnumMap<>(Role.class);
  private final @Nullable ActorRef<TaskActor.Command>[] tasks = newRefs();
  private final SpinlockActor.Command[][] spinlockMessages = SpinlockActor.messages();
  private final MutexActor.Command[][] mutexMessages = MutexActor.messages();
  private final RwlockActor.Command[][] rwlockMessages = RwlockActor.messages();
  private final RwSemaphoreActor.Command[][] rwSemaphoreMessages = RwSemaphoreActor.messages();
  private @Nullable World world;
  private @Nullable Throwable failure;
  private int owners;

  ActorEngine(WorldExecutor executor, ActorRef<WorldActor.Command> parent) {
    this.executor = executor;
    this.parent = parent;
    executor.settle();
  }

  @SuppressWarnings("unchecked")
  private static @Nullable ActorRef<TaskActor.Command>[] newRefs() {
    return (@Nullable ActorRef<TaskActor.Command>[]) new ActorRef<?>[TASKS];
  }

  @Override
  public void attach(World attached) {
    world = attached;
  }

  @Override
  public void begin(int task) {
    tasks[task] = actor(Objects.requireNonNull(world).role(task), task);
    tell(task, TaskActor.Begin.INSTANCE);
    drain();
  }

  @Override
  public void proceed(int task) {
    tell(task, TaskActor.Proceed.INSTANCE);
    drain();
  }

  private void drain() {
    executor.drain();
    Throwable thrown = failure;
    if (thrown != null) {
      failure = null;
      throw new WorldFault("an actor failed: " + thrown, thrown);
    }
  }

  /** Sends {@code command} to the actor of {@code task}. */
  void tell(int task, TaskActor.Command command) {
    Objects.requireNonNull(tasks[task]).tell(command);
  }

  /** Lets {@code task} run on its actor's stack; yields who goes next, or -1. */
  int turn(int task) {
    try {
      return Objects.requireNonNull(world).turn(task);
    } catch (Throwable thrown) {
      failure = thrown;
      return -1;
    }
  }

  private ActorRef<TaskActor.Command> actor(Role role, int task) {
    @Nullable ActorRef<TaskActor.Command>[] ofRole = spawned.computeIfAbsent(role, unused -> newRefs());
    ActorRef<TaskActor.Command> known = ofRole[task];
    if (known == null) {
      String name = role.name().toLowerCase(Locale.ROOT).replace('_', '-') + "-" + task;
      known = spawn(TaskActor.create(this, task), name);
      ofRole[task] = known;
    }
    return known;
  }

  private <T> ActorRef<T> spawn(Behavior<T> behavior, String name) {
    CompletableFuture<ActorRef<T>> reply = new CompletableFuture<>();
    parent.tell(new WorldActor.Spawn<>(behavior, name, reply));
    while (!reply.isDone()) {
      executor.settle();
    }
    executor.settle();
    return reply.join();
  }

  @Override
  public LockOwner own(LockState lock, ObjectKind kind) {
    String name = kind.name().toLowerCase(Locale.ROOT) + "-" + owners++;
    return switch (kind) {
      case SPINLOCK -> owner(spawn(SpinlockActor.create(lock), name), spinlockMessages);
      case MUTEX -> owner(spawn(MutexActor.create(lock), name), mutexMessages);
      case RWLOCK -> owner(spawn(RwlockActor.create(lock), name), rwlockMessages);
      case RWSEM -> owner(spawn(RwSemaphoreActor.create(lock), name), rwSemaphoreMessages);
      default -> throw new IllegalArgumentException(kind + " is no lock");
    };
  }

  private <T> LockOwner owner(ActorRef<T> actor, T[][] messages) {
    return (task, opcode) -> {
      actor.tell(messages[opcode][task]);
      executor.drain();
    };
  }

  @Override
  public SrcuOwner own(SrcuState domain) {
    ActorRef<SrcuActor.Command> actor = spawn(SrcuActor.create(domain), "srcu-" + owners++);
    return new SrcuOwner() {
      @Override
      public void readLock(int task) {
        send(actor, new SrcuActor.ReadLock(task));
      }

      @Override
      public void readUnlock(int task) {
        send(actor, new SrcuActor.ReadUnlock(task));
      }

      @Override
      public void graceStart(int task) {
        send(actor, new SrcuActor.GraceStart(task));
      }

      @Override
      public void graceEnd(int task) {
        send(actor, new SrcuActor.GraceEnd(task));
      }
    };
  }

  @Override
  public TlbOwner own(TlbState tlb) {
    ActorRef<TlbActor.Command> actor = spawn(TlbActor.create(tlb), "tlb-" + owners++);
    return new TlbOwner() {
      @Override
      public void walkBegin(int vmid, long gfn) {
        send(actor, new TlbActor.WalkBegin(vmid, gfn));
      }

      @Override
      public void walkEnd() {
        send(actor, TlbActor.WalkEnd.INSTANCE);
      }

      @Override
      public void fill(int vmid, int level, long gfnBase, long count, long pfnBase, int permissions) {
        send(actor, new TlbActor.Fill(vmid, level, gfnBase, count, pfnBase, permissions));
      }

      @Override
      public void invalidate(int task, int vmid, long gfn, long count, int level) {
        send(actor, new TlbActor.Invalidate(task, vmid, gfn, count, level));
      }

      @Override
      public void complete(int task) {
        send(actor, new TlbActor.Complete(task));
      }
    };
  }

  /** Sends and lets it be processed before the sender goes on. */
  private <T> void send(ActorRef<T> actor, T message) {
    actor.tell(message);
    executor.drain();
  }
}
