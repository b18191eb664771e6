package io.stalemate.sim;

import io.stalemate.machine.Completion;
import io.stalemate.machine.Ipi;
import io.stalemate.machine.LockdepMap;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Mutex;
import io.stalemate.machine.Pages;
import io.stalemate.machine.Rcu;
import io.stalemate.machine.RcuWait;
import io.stalemate.machine.RwSemaphore;
import io.stalemate.machine.Rwlock;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Srcu;
import io.stalemate.machine.TaskState;
import io.stalemate.machine.Tlb;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.WaitQueue;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;
import io.stalemate.trace.ObjectKind;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The {@link Machine} of a world: every primitive is an event. Locks and SRCU domains, which have owners, are kept from
 * run to run and given out again in the order they are asked for; words and waits are made anew.
 */
public final class SimMachine implements Machine {

  private final World world;
  private final Pool<SimSpinlock> spinlocks;
  private final Pool<SimMutex> mutexes;
  private final Pool<SimRwlock> rwlocks;
  private final Pool<SimRwSemaphore> rwSemaphores;
  private final Pool<SimSrcu> srcus;
  private final Pool<SimRcu> rcus;
  private final Sleepers sleepers;
  private final SimPages pages;
  private final SimTlb tlb;
  private final SimIpi ipi;
  private WorldOptions options = WorldOptions.of(1);

  SimMachine(World world, Engine engine) {
    this.world = world;
    this.spinlocks = new Pool<>(() -> {
      ExclusiveLockState state = new ExclusiveLockState();
      return new SimSpinlock(world, state, engine.own(state, ObjectKind.SPINLOCK));
    });
    this.mutexes = new Pool<>(() -> {
      ExclusiveLockState state = new ExclusiveLockState();
      return new SimMutex(world, state, engine.own(state, ObjectKind.MUTEX));
    });
    this.rwlocks = new Pool<>(() -> {
      SharedLockState state = new SharedLockState();
      return new SimRwlock(world, state, engine.own(state, ObjectKind.RWLOCK));
    });
    this.rwSemaphores = new Pool<>(() -> {
      SharedLockState state = new SharedLockState();
      return new SimRwSemaphore(world, state, engine.own(state, ObjectKind.RWSEM));
    });
    this.srcus = new Pool<>(() -> {
      SrcuState state = new SrcuState();
      return new SimSrcu(world, state, engine.own(state));
    });
    this.rcus = new Pool<>(() -> {
      SrcuState state = new SrcuState();
      return new SimRcu(world, state, engine.own(state));
    });
    this.sleepers = new Sleepers(world);
    this.pages = new SimPages(world);
    this.tlb = new SimTlb(world, engine, pages);
    this.ipi = new SimIpi(world);
  }

  /** Objects that are given out again in each run. */
  private static final class Pool<T> {
    private final Supplier<T> maker;
    private final List<T> made = new ArrayList<>();
    private int used;

    Pool(Supplier<T> maker) {
      this.maker = maker;
    }

    T next() {
      if (used == made.size()) {
        made.add(maker.get());
      }
      return made.get(used++);
    }
  }

  void begin(WorldOptions newOptions) {
    options = newOptions;
    spinlocks.used = 0;
    mutexes.used = 0;
    rwlocks.used = 0;
    rwSemaphores.used = 0;
    srcus.used = 0;
    rcus.used = 0;
    sleepers.reset();
    pages.begin(newOptions);
    int cpuObjects = world.trace().objects().addRow(ObjectKind.CPU, "cpu", newOptions.cpus());
    tlb.reset(newOptions.cpus(), cpuObjects);
    ipi.reset(cpuObjects);
  }

  /** Adds the tasks that the machine itself needs. */
  void addDaemons() {
    if (rcus.used > 0) {
      world.addTask("rcu", Role.RCU, rcus.made.get(0)::runCallbacks);
    }
  }

  @Override
  public Word word(String name, long initial) {
    return define(world.trace().objects().add(ObjectKind.WORD, name), initial);
  }

  @Override
  public Word word(String name, long key, long initial) {
    return define(world.trace().objects().add(ObjectKind.WORD, name, key), initial);
  }

  private Word define(int id, long initial) {
    world.memory().define(id, initial);
    return new SimWord(world, options.plainAccessesAreChoices(), id);
  }

  @Override
  public WordArray words(String name, int count) {
    int first = world.trace().objects().addRow(ObjectKind.WORD, name, count);
    world.memory().defineRow(first, count);
    return new SimWordArray(world, options.plainAccessesAreChoices(), first, count);
  }

  @Override
  public void smpRmb() {
    barrier(Code.SMP_RMB);
  }

  @Override
  public void smpWmb() {
    barrier(Code.SMP_WMB);
  }

  @Override
  public void smpMb() {
    barrier(Code.SMP_MB);
  }

  private void barrier(int opcode) {
    world.announce(opcode, 0);
    world.memory().barrier(world.current(), opcode);
    world.record(opcode, 0, 0, 0, 0, 0);
  }

  @Override
  public Spinlock spinlock(String name) {
    SimSpinlock lock = spinlocks.next();
    lock.reset(object(ObjectKind.SPINLOCK, name));
    return lock;
  }

  @Override
  public Rwlock rwlock(String name) {
    SimRwlock lock = rwlocks.next();
    lock.reset(object(ObjectKind.RWLOCK, name));
    return lock;
  }

  @Override
  public Mutex mutex(String name) {
    SimMutex lock = mutexes.next();
    lock.reset(object(ObjectKind.MUTEX, name));
    return lock;
  }

  @Override
  public RwSemaphore rwSemaphore(String name) {
    SimRwSemaphore lock = rwSemaphores.next();
    lock.reset(object(ObjectKind.RWSEM, name));
    return lock;
  }

  @Override
  public Srcu srcu(String name) {
    SimSrcu domain = srcus.next();
    domain.reset(object(ObjectKind.SRCU, name));
    return domain;
  }

  @Override
  public Rcu rcu() {
    if (rcus.used == 0) {
      rcus.next().reset(object(ObjectKind.RCU, "rcu"));
    }
    return rcus.made.get(0);
  }

  @Override
  public WaitQueue waitQueue(String name) {
    return new SimWaitQueue(world, sleepers, object(ObjectKind.WAIT_QUEUE, name));
  }

  @Override
  public RcuWait rcuWait(String name) {
    return new SimRcuWait(world, sleepers, object(ObjectKind.WAIT_QUEUE, name));
  }

  @Override
  public Completion completion(String name) {
    return new SimCompletion(world, object(ObjectKind.COMPLETION, name));
  }

  @Override
  public LockdepMap lockdepMap(String name) {
    return new SimLockdepMap(world, object(ObjectKind.LOCKDEP_MAP, name));
  }

  private int object(ObjectKind kind, String name) {
    return world.trace().objects().add(kind, name);
  }

  @Override
  public Pages pages() {
    return pages;
  }

  @Override
  public Tlb tlb() {
    return tlb;
  }

  @Override
  public Ipi ipi() {
    return ipi;
  }

  @Override
  public void setCurrentState(TaskState state) {
    sleepers.set(state);
  }

  @Override
  public void schedule() {
    sleepers.schedule();
  }

  @Override
  public void preemptDisable() {
    world.record(Code.PREEMPT_OFF, 0, 0, 0, 0, 0);
  }

  @Override
  public void preemptEnable() {
    world.record(Code.PREEMPT_ON, 0, 0, 0, 0, 0);
  }

  @Override
  public void mightSleep() {
    world.record(Code.MIGHT_SLEEP, 0, 0, 0, 0, 0);
  }

  @Override
  public void retrying() {
    world.announce(Code.RETRYING, 0);
    world.record(Code.RETRYING, 0, 0, 0, 0, 0);
  }

  @Override
  public boolean warnOn(boolean condition, String what) {
    if (condition) {
      world.record(Code.WARN, 0, world.trace().text(what), 0, 0, 0);
    }
    return condition;
  }

  @Override
  public void trace(Tracepoint point, long a, long b, long c, long d) {
    world.record(Code.TRACE, point.ordinal(), a, b, c, d);
  }
}
