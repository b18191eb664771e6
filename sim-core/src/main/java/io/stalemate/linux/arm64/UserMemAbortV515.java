package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.EAGAIN;
import static io.stalemate.linux.Errno.EFAULT;

import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.machine.KernelFunction;

/**
 * The fault path of v5.15: {@code mmu_lock} is a spinlock, so one fault at a time, and the table's walkers are
 * exclusive. With the fix 13ec9308a857 of its stable series: the memory cache is topped up first and the sequence
 * sampled inside {@code mmap_lock}.
 */
public class UserMemAbortV515 extends UserMemAbort {

  /** The fault path of the VM {@code kvm}. */
  public UserMemAbortV515(Kvm kvm, KvmS2Mmu mmu) {
    super(kvm, mmu);
  }

  @Override
  @KernelFunction(
      value = "user_mem_abort",
      file = "arch/arm64/kvm/mmu.c",
      version = "v5.15",
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

    mmuLock(fault);
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
      ret = install(fault, mapping, 0);
      if (mapping.writable() && ret == 0) {
        markDirty(fault, mapping);
      }
    }
    mmuUnlock(fault);
    releasePage(page);
    return done(fault, ret);
  }

  /** Excludes every other walk. */
  protected void mmuLock(StageTwoFault fault) {
    kvm.mmuLock.writeLock();
  }

  protected void mmuUnlock(StageTwoFault fault) {
    kvm.mmuLock.writeUnlock();
  }

  @Override
  @KernelFunction(
      value = "handle_access_fault",
      file = "arch/arm64/kvm/mmu.c",
      version = "v5.15",
      elided = "marking the page accessed after the unlock: here it is done before")
  public void handleAccessFault(KvmVcpu vcpu, long faultIpa) {
    kvm.mmuLock.writeLock();
    mkyoung(faultIpa, 0);
    kvm.mmuLock.writeUnlock();
  }
}
