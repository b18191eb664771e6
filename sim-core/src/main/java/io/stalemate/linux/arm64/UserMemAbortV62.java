package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.EAGAIN;
import static io.stalemate.linux.Errno.EFAULT;

import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.machine.KernelFunction;

/**
 * The fault path of v6.2, the first release whose faults install in parallel: {@code mmu_lock} is held for reading
 * around a shared walk. With the fix 13ec9308a857 of its stable series. Access-flag faults still take the lock for
 * writing.
 */
public class UserMemAbortV62 extends UserMemAbort {

  /** The flags of a walk that serves a fault beside others. */
  protected static final int FAULT_WALK = PgtableWalker.HANDLE_FAULT | PgtableWalker.SHARED;

  /** The fault path of the VM {@code kvm}. */
  public UserMemAbortV62(Kvm kvm, KvmS2Mmu mmu) {
    super(kvm, mmu);
  }

  @Override
  @KernelFunction(
      value = "user_mem_abort",
      file = "arch/arm64/kvm/mmu.c",
      version = "v6.2",
      elided = "device memory, hwpoison signal")
  public int userMemAbort(StageTwoFault fault) {
    int ret = refuseUnexpected(fault);
    if (ret != 0) {
      return done(fault, ret);
    }
    ret = topupMemcache(fault);
    if (ret != 0) {
      return done(fault, ret);
    }
    VmaFacts vma = vmaFacts(fault);
    if (!vma.exists()) {
      return done(fault, -EFAULT);
    }
    FaultinPage page = gup(fault, vma);
    if (page.isErrorNoslot()) {
      return done(fault, pageError(page));
    }

    // Reading is enough: an invalidation begins and ends with the lock held for writing, so neither can fall between
    // the check and the unlock.
    kvm.mmuLock.readLock();
    outUnlock: {
      if (recheck(fault, page)) {
        ret = -EAGAIN;
        break outUnlock;
      }
      int shift = transparentHugepageAdjust(fault, page);
      if (shift < 0) {
        ret = shift;
        break outUnlock;
      }
      FaultinPage mapping = mappingOf(fault, page, shift);
      ret = mteTags(fault, vma, mapping);
      if (ret != 0) {
        break outUnlock;
      }
      ret = install(fault, mapping, FAULT_WALK);
      if (mapping.writable() && ret == 0) {
        markDirty(fault, mapping);
      }
    }
    kvm.mmuLock.readUnlock();
    releasePage(page);
    return done(fault, ret);
  }

  @Override
  @KernelFunction(
      value = "handle_access_fault",
      file = "arch/arm64/kvm/mmu.c",
      version = "v6.2",
      elided = "marking the page accessed after the unlock: here it is done before")
  public void handleAccessFault(KvmVcpu vcpu, long faultIpa) {
    kvm.mmuLock.writeLock();
    mkyoung(faultIpa, 0);
    kvm.mmuLock.writeUnlock();
  }
}
