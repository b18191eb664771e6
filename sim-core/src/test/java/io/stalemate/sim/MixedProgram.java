package io.stalemate.sim;

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
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.WaitQueue;
import io.stalemate.machine.Word;

/** Four tasks that use every kind of primitive: what tests of engines and strategies run. */
final class MixedProgram {

  private static final long GFN = 1;

  private final Machine m;
  private final Word seq;
  private final Word plain;
  private final Word ready;
  private final Spinlock spinlock;
  private final Mutex mutex;
  private final Rwlock rwlock;
  private final RwSemaphore semaphore;
  private final Srcu srcu;
  private final RcuWait rcuWait;
  private final WaitQueue waitQueue;
  private final Completion completion;
  private final long pfn;

  private MixedProgram(Machine m) {
    this.m = m;
    this.seq = m.word("seq", 0);
    this.plain = m.words("plain", 4).at(2);
    this.ready = m.word("ready", 0);
    this.spinlock = m.spinlock("mmu_lock");
    this.mutex = m.mutex("slots_lock");
    this.rwlock = m.rwlock("mmu_rwlock");
    this.semaphore = m.rwSemaphore("mmap_lock");
    this.srcu = m.srcu("kvm->srcu");
    this.rcuWait = m.rcuWait("memslots_update_rcuwait");
    this.waitQueue = m.waitQueue("wq");
    this.completion = m.completion("done");
    this.pfn = m.pages().alloc(PageUse.USER, 1, Gfp.KERNEL);
    m.rcu();
  }

  /** Adds the tasks to {@code world}. */
  static void build(World world) {
    MixedProgram program = new MixedProgram(world.machine());
    world.addTask("vcpu0", Role.VCPU, () -> program.guest(0));
    world.addTask("vcpu1", Role.VCPU, () -> program.guest(1));
    world.addTask("notifier", Role.MMU_NOTIFIER, program::invalidate);
    world.addTask("slots", Role.MEMSLOT, program::swap);
  }

  private void guest(int cpu) {
    int index = srcu.readLock();
    if (m.tlb().access(cpu, 1, GFN, Access.STORE, 40 + cpu) == Tlb.MISS) {
      boolean filled = false;
      while (!filled) {
        m.tlb().walkBegin(cpu, 1, GFN);
        filled = m.tlb().fill(cpu, 1, 3, GFN, 1, pfn, Tlb.READ | Tlb.WRITE);
        if (!filled) {
          m.retrying();
        }
      }
      m.tlb().access(cpu, 1, GFN, Access.LOAD, 0);
    }
    srcu.readUnlock(index);
    rwlock.readLock();
    plain.read();
    rwlock.readUnlock();
    spinlock.lock();
    seq.writeOnce(seq.readOnce() + 1);
    spinlock.unlock();
    m.ipi().take(cpu);
    completion.complete();
  }

  private void invalidate() {
    rwlock.writeLock();
    plain.write(plain.read() + 1);
    rwlock.needbreak();
    rwlock.writeUnlock();
    m.tlb().tlbiIpa(1, GFN << 12, Tlb.LEVEL_ANY);
    m.tlb().dsb();
    ready.storeRelease(1);
    rcuWait.wakeUp();
    waitQueue.wakeUpAll();
    m.rcu().readLock();
    seq.fetchAdd(10);
    m.rcu().readUnlock();
    if (mutex.trylock()) {
      mutex.unlock();
    }
    semaphore.downRead();
    m.ipi().send(0);
    semaphore.upRead();
  }

  private void swap() {
    mutex.lock();
    semaphore.downWrite();
    rcuWait.prepare();
    while (true) {
      m.setCurrentState(TaskState.UNINTERRUPTIBLE);
      if (ready.loadAcquire() != 0) {
        break;
      }
      m.schedule();
    }
    rcuWait.finish();
    semaphore.upWrite();
    srcu.synchronize();
    m.rcu().call(() -> seq.fetchOr(0x100));
    m.rcu().synchronize();
    long page = m.pages().alloc(PageUse.KERNEL, 2, Gfp.KERNEL);
    m.pages().free(page);
    mutex.unlock();
    completion.waitFor();
    m.smpMb();
    m.warnOn(seq.cmpxchg(12, 0) == 12, "as expected");
    m.trace(Tracepoint.RETURN, 0, 0);
  }
}
