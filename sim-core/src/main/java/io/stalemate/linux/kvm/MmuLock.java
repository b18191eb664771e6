package io.stalemate.linux.kvm;

import io.stalemate.machine.Rwlock;
import io.stalemate.machine.Spinlock;

/** {@code kvm->mmu_lock} in its two forms: a spinlock on arm64 up to v5.17, an rwlock from v5.18. */
public sealed interface MmuLock {

  /** {@code read_lock(&kvm->mmu_lock)}; excludes everybody where the lock is a spinlock. */
  void readLock();

  void readUnlock();

  /** {@code write_lock(&kvm->mmu_lock)}. */
  void writeLock();

  void writeUnlock();

  /** {@code lockdep_assert_held(&kvm->mmu_lock)}: in any mode. */
  void assertHeld();

  /** {@code lockdep_assert_held_write(&kvm->mmu_lock)}. */
  void assertHeldWrite();

  /** {@code rwlock_needbreak()} / {@code spin_needbreak()}: whether somebody waits for the lock. A hint. */
  boolean needbreak();

  /** The spinlock form. */
  record Spin(Spinlock lock) implements MmuLock {
    @Override
    public void readLock() {
      lock.lock();
    }

    @Override
    public void readUnlock() {
      lock.unlock();
    }

    @Override
    public void writeLock() {
      lock.lock();
    }

    @Override
    public void writeUnlock() {
      lock.unlock();
    }

    @Override
    public void assertHeld() {
      lock.assertHeld();
    }

    @Override
    public void assertHeldWrite() {
      lock.assertHeld();
    }

    /** model: always false; the kernel would look whether the spinlock is contended if it is preemptible. */
    @Override
    public boolean needbreak() {
      return false;
    }
  }

  /** The reader-writer form. */
  record Rw(Rwlock lock) implements MmuLock {
    @Override
    public void readLock() {
      lock.readLock();
    }

    @Override
    public void readUnlock() {
      lock.readUnlock();
    }

    @Override
    public void writeLock() {
      lock.writeLock();
    }

    @Override
    public void writeUnlock() {
      lock.writeUnlock();
    }

    @Override
    public void assertHeld() {
      lock.assertHeld();
    }

    @Override
    public void assertHeldWrite() {
      lock.assertHeldWrite();
    }

    @Override
    public boolean needbreak() {
      return lock.needbreak();
    }
  }
}
