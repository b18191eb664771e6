package io.stalemate.actors;

import io.stalemate.machine.Access;
import io.stalemate.machine.Completion;
import io.stalemate.machine.Gfp;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Mutex;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.RcuWait;
import io.stalemate.machine.RwSemaphore;
import io.stalemate.machine.Rwlock;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Srcu;
import io.stalemate.machine.TaskState;
import io.stalemate.machine.Tlb;
import io.stalemate.machine.Word;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.Strategy;

/** A program of five tasks, one of each role, that sends every message the owners' actors understand. */
final class Primitives {

  private static final long GFN = 1;

  private final Machine m;
  private final Word seq;
  private final Spinlock spinlock;
  private final Mutex mutex;
  private final Rwlock rwlock;
  private final RwSemaphore semaphore;
  private final Srcu srcu;
  private final RcuWait wait;
  private final Completion done;
  private final long pfn;

  private Primitives(Machine m) {
    this.m = m;
    this.seq = m.word("seq", 0);
    this.spinlock = m.spinlock("mmu_lock");
    this.mutex = m.mutex("slots_lock");
    this.rwlock = m.rwlock("mmu_rwlock");
    this.semaphore = m.rwSemaphore("mmap_lock");
    this.srcu = m.srcu("kvm->srcu");
    this.wait = m.rcuWait("memslots_update_rcuwait");
    this.done = m.completion("done");
    this.pfn = m.pages().alloc(PageUse.USER, 1, Gfp.KERNEL);
    m.rcu();
  }

  /** Runs the program once in {@code world}; yields the trace's hash. */
  static long hash(World world, Strategy strategy, long seed) {
    world.begin(WorldOptions.of(2));
    Primitives program = new Primitives(world.machine());
    world.addTask("vcpu", Role.VCPU, program::guest);
    world.addTask("notifier", Role.MMU_NOTIFIER, program::invalidate);
    world.addTask("slots", Role.MEMSLOT, program::swap);
    world.addTask("attributes", Role.ATTRIBUTES, program::attributes);
    world.addTask("ksm", Role.HOST_MM, program::host);
    Ending ending = world.run(strategy, seed, 5_000);
    if (ending != Ending.QUIESCENT) {
      throw new AssertionError("seed " + seed + " ends in " + ending);
    }
    return world.trace().hash();
  }

  private void guest() {
    int index = srcu.readLock();
    m.tlb().access(0, 1, GFN, Access.LOAD, 0);
    do {
      m.tlb().walkBegin(0, 1, GFN);
    } while (!m.tlb().fill(0, 1, 3, GFN, 1, pfn, Tlb.READ | Tlb.WRITE));
    m.tlb().access(0, 1, GFN, Access.STORE, 5);
    m.tlb().walkBegin(0, 1, GFN + 1);
    m.tlb().walkFault(0, 1, GFN + 1);
    srcu.readUnlock(index);
    rwlock.readLock();
    seq.fetchAdd(1);
    rwlock.readUnlock();
    done.complete();
  }

  private void invalidate() {
    rwlock.writeLock();
    m.tlb().tlbiRange(1, GFN << 12, 2);
    m.tlb().dsb();
    rwlock.writeUnlock();
    seq.fetchAdd(0x10);
    wait.wakeUp();
    m.rcu().readLock();
    seq.readOnce();
    m.rcu().readUnlock();
  }

  private void swap() {
    mutex.lock();
    wait.prepare();
    while (true) {
      m.setCurrentState(TaskState.UNINTERRUPTIBLE);
      if ((seq.readOnce() & 0xf0) != 0) {
        break;
      }
      m.schedule();
    }
    wait.finish();
    srcu.synchronize();
    m.rcu().call(() -> seq.fetchOr(0x1000));
    m.rcu().synchronize();
    mutex.unlock();
    done.waitFor();
  }

  private void attributes() {
    if (mutex.trylock()) {
      mutex.unlock();
    }
    semaphore.downWrite();
    spinlock.lock();
    seq.fetchAdd(0x100);
    spinlock.unlock();
    semaphore.upWrite();
  }

  private void host() {
    semaphore.downRead();
    if (spinlock.trylock()) {
      seq.fetchAdd(0x100);
      spinlock.unlock();
    }
    semaphore.upRead();
    if (semaphore.downReadTrylock()) {
      semaphore.upRead();
    }
    rwlock.writeLock();
    rwlock.needbreak();
    rwlock.writeUnlock();
  }
}
