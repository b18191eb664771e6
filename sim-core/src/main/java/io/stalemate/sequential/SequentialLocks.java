package io.stalemate.sequential;

import io.stalemate.machine.Lock;
import io.stalemate.machine.LockdepMap;
import io.stalemate.machine.Mutex;
import io.stalemate.machine.RwSemaphore;
import io.stalemate.machine.Rwlock;
import io.stalemate.machine.Spinlock;

/** Locks that nobody else can hold: to wait for one is a deadlock, and to let go of one not held an error. */
final class SequentialLocks {

  private SequentialLocks() {}

  /** Who holds a lock: readers by number, or the writer. */
  private abstract static class Held implements Lock {
    final AtomicDepth atomic;
    final String name;
    int readers;
    boolean written;

    Held(AtomicDepth atomic, String name) {
      this.atomic = atomic;
      this.name = name;
    }

    boolean free() {
      return readers == 0 && !written;
    }

    void take() {
      if (!free()) {
        throw AtomicDepth.forEver(this + ", taken again,");
      }
      written = true;
    }

    void drop() {
      assertWritten();
      written = false;
    }

    void takeShared() {
      if (written) {
        throw AtomicDepth.forEver(this + ", taken again,");
      }
      readers++;
    }

    void dropShared() {
      assertShared();
      readers--;
    }

    void assertWritten() {
      if (!written) {
        throw new IllegalStateException(this + " is not held for writing");
      }
    }

    void assertShared() {
      if (readers == 0) {
        throw new IllegalStateException(this + " is not held for reading");
      }
    }

    @Override
    public void assertHeld() {
      if (free()) {
        throw new IllegalStateException(this + " is not held");
      }
    }

    @Override
    public String toString() {
      return name + (written ? " (held for writing)" : " (" + readers + " readers)");
    }
  }

  /** {@code spinlock_t}. */
  static final class Spin extends Held implements Spinlock {
    Spin(AtomicDepth atomic, String name) {
      super(atomic, name);
    }

    @Override
    public void lock() {
      take();
      atomic.enterAtomic();
    }

    @Override
    public boolean trylock() {
      if (!free()) {
        return false;
      }
      lock();
      return true;
    }

    @Override
    public void unlock() {
      drop();
      atomic.leaveAtomic(name);
    }
  }

  /** {@code rwlock_t}. */
  static final class ReadWrite extends Held implements Rwlock {
    ReadWrite(AtomicDepth atomic, String name) {
      super(atomic, name);
    }

    @Override
    public void readLock() {
      takeShared();
      atomic.enterAtomic();
    }

    @Override
    public void readUnlock() {
      dropShared();
      atomic.leaveAtomic(name);
    }

    @Override
    public void writeLock() {
      take();
      atomic.enterAtomic();
    }

    @Override
    public void writeUnlock() {
      drop();
      atomic.leaveAtomic(name);
    }

    @Override
    public boolean needbreak() {
      return false;
    }

    @Override
    public void assertHeldWrite() {
      assertWritten();
    }

    @Override
    public void assertHeldRead() {
      assertShared();
    }
  }

  /** {@code struct mutex}. */
  static final class Sleeping extends Held implements Mutex {
    Sleeping(AtomicDepth atomic, String name) {
      super(atomic, name);
    }

    @Override
    public void lock() {
      atomic.mightSleep("mutex " + name);
      take();
    }

    @Override
    public boolean trylock() {
      if (!free()) {
        return false;
      }
      take();
      return true;
    }

    @Override
    public void unlock() {
      drop();
    }
  }

  /** {@code struct rw_semaphore}. */
  static final class Semaphore extends Held implements RwSemaphore {
    Semaphore(AtomicDepth atomic, String name) {
      super(atomic, name);
    }

    @Override
    public void downRead() {
      atomic.mightSleep("semaphore " + name);
      takeShared();
    }

    @Override
    public boolean downReadTrylock() {
      if (written) {
        return false;
      }
      takeShared();
      return true;
    }

    @Override
    public void upRead() {
      dropShared();
    }

    @Override
    public void downWrite() {
      atomic.mightSleep("semaphore " + name);
      take();
    }

    @Override
    public void upWrite() {
      drop();
    }

    @Override
    public void assertHeldWrite() {
      assertWritten();
    }
  }

  /** {@code struct lockdep_map}. */
  static final class Dependency extends Held implements LockdepMap {
    Dependency(AtomicDepth atomic, String name) {
      super(atomic, name);
    }

    @Override
    public void acquire() {
      takeShared();
    }

    @Override
    public void release() {
      dropShared();
    }

    @Override
    public void waitsForHolders() {
      if (!free()) {
        throw AtomicDepth.forEver(this + ", inside itself,");
      }
    }
  }
}
