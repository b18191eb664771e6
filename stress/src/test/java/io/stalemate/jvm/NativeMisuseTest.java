package io.stalemate.jvm;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.machine.Mutex;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Gfp;
import io.stalemate.machine.RwSemaphore;
import io.stalemate.machine.Rwlock;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Srcu;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Misuse ends the thread instead of hanging it or corrupting what others hold. */
class NativeMisuseTest {

  private final NativeMachine m = new NativeMachine(1);

  @Test
  void recursionIsRefused() {
    Spinlock spinlock = m.spinlock("mmu_lock");
    spinlock.lock();
    refused(spinlock::lock, "mmu_lock: taken again by its holder");
    Mutex mutex = m.mutex("slots_lock");
    mutex.lock();
    refused(mutex::lock, "slots_lock: taken again by its owner");
    Rwlock rwlock = m.rwlock("mmu_lock");
    rwlock.writeLock();
    refused(rwlock::writeLock, "mmu_lock: taken again by its writer");
    refused(rwlock::readLock, "mmu_lock: read by its writer");
    RwSemaphore semaphore = m.rwSemaphore("mmap_lock");
    semaphore.downWrite();
    refused(semaphore::downRead, "mmap_lock: read by its writer");
  }

  @Test
  void anUnlockOfWhatIsNotHeldIsRefused() {
    refused(m.spinlock("mmu_lock")::unlock, "mmu_lock: not held by the caller");
    refused(m.mutex("slots_lock")::unlock, "slots_lock: not held by the caller");
    refused(m.rwlock("mmu_lock")::readUnlock, "mmu_lock: not held for reading by the caller");
    refused(m.rwlock("mmu_lock")::writeUnlock, "mmu_lock: not held for writing by the caller");
    refused(m.rwSemaphore("mmap_lock")::upRead, "mmap_lock: not held for reading by the caller");
  }

  @Test
  void aReaderThatWaitsForItselfIsRefused() {
    Srcu srcu = m.srcu("kvm->srcu");
    srcu.readLock();
    refused(srcu::synchronize, "kvm->srcu: a reader waits for its own grace period");
  }

  @Test
  void aSecondFreeIsRefused() {
    long pfn = m.pages().alloc(PageUse.USER, 1, Gfp.KERNEL);
    m.pages().free(pfn);
    refused(() -> m.pages().free(pfn), "pfn 0x100: freed twice");
  }

  private static void refused(ThrowingCallable misuse, String what) {
    assertThatThrownBy(misuse).isInstanceOf(IllegalStateException.class).hasMessageStartingWith(what);
  }
}
