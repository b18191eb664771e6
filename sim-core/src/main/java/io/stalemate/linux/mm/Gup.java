package io.stalemate.linux.mm;

import io.stalemate.linux.Errno;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;

/** "Get user pages": the frame behind an hva, with a reference. Follows {@code mm/gup.c}. */
public class Gup {
  protected final MmStruct mm;
  protected final MemoryFault fault;
  protected final Machine m;

  public Gup(MmStruct mm) {
    this.mm = mm;
    this.fault = new MemoryFault(mm);
    this.m = mm.m;
  }

  /**
   * Yields the frame mapped at {@code hva}, with a reference, or 0 if it is not mapped or may not be had without a
   * fault. Lock-free.
   */
  @KernelFunction(value = "get_user_pages_fast_only", file = "mm/gup.c", version = "v5.15-v6.12",
      elided = "irqs off: page tables are never freed here")
  public long getUserPagesFastOnly(long hva, boolean write) {
    if (!mm.inRange(hva, 1)) {
      return 0;
    }
    long pte = mm.pte(hva).readOnce();
    if (!Pte.isPresent(pte) || Pte.isSpecial(pte) || (write && !Pte.isWritable(pte))) {
      return 0;
    }
    long pfn = Pte.pfn(pte);
    if (!mm.memMap.getPageUnlessZero(pfn)) {
      return 0;
    }
    // The page may have been freed and used again before the reference was taken: only an entry still there proves it.
    if (mm.pte(hva).readOnce() != pte) {
      mm.memMap.putPage(pfn);
      return 0;
    }
    return pfn;
  }

  /**
   * Yields the frame of {@code hva}, faulted in if need be, with a reference; or -EFAULT, -ENOMEM. Sleeps; takes
   * mmap_lock.
   */
  @KernelFunction(value = "get_user_pages_unlocked", file = "mm/gup.c", version = "v5.15-v6.12",
      elided = "letting go of mmap_lock while waiting, signals")
  public long getUserPagesUnlocked(long hva, boolean write) {
    return getUserPagesUnlocked(hva, write, false);
  }

  /**
   * As {@link #getUserPagesUnlocked(long, boolean)}.
   *
   * @param nowait {@code FOLL_NOWAIT}: yield -EBUSY in place of waiting for I/O
   */
  @KernelFunction(value = "get_user_pages_unlocked", file = "mm/gup.c", version = "v5.15-v6.12",
      elided = "letting go of mmap_lock while waiting, signals; nowait: a page that is in the swap cache would do, and"
          + " the reading of another one would be begun")
  public long getUserPagesUnlocked(long hva, boolean write, boolean nowait) {
    mm.mmapLock.downRead();
    long ret = getUserPagesLocked(hva, write, nowait);
    mm.mmapLock.upRead();
    return ret;
  }

  private long getUserPagesLocked(long hva, boolean write, boolean nowait) {
    while (true) {
      Vma vma = mm.vmaLookup(hva);
      if (!vma.exists() || vma.kind() == VmaKind.PFNMAP || (write && !vma.writable())) {
        return -Errno.EFAULT;
      }
      long pfn = followPage(hva, write);
      if (pfn != 0) {
        return pfn;
      }
      if (nowait && Pte.isSwap(mm.pte(hva).readOnce())) {
        return -Errno.EBUSY;
      }
      int r = fault.handleMmFault(vma, hva, write);
      if (r != 0) {
        return r;
      }
    }
  }

  /** Yields the frame mapped at {@code hva} as wanted, with a reference, or 0. Held: mmap_lock. */
  private long followPage(long hva, boolean write) {
    mm.ptl.lock();
    long pte = mm.pte(hva).readOnce();
    long pfn = 0;
    if (Pte.isPresent(pte) && (!write || Pte.isWritable(pte))) {
      pfn = Pte.pfn(pte);
      mm.memMap.getPage(pfn);
    }
    mm.ptl.unlock();
    return pfn;
  }

  /**
   * Yields the host's entry for {@code hva} in a VM_PFNMAP mapping, for {@link Pte} to read; no reference to its frame
   * is taken. Held: mmap_lock.
   */
  @KernelFunction(value = "follow_pte", file = "mm/memory.c", version = "v5.15-v6.12",
      elided = "handing the page-table lock to the caller")
  public long followPte(long hva) {
    mm.mmapLock.assertHeld();
    mm.ptl.lock();
    long pte = mm.pte(hva).readOnce();
    mm.ptl.unlock();
    return pte;
  }
}
