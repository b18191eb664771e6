package io.stalemate.linux.mm;

import io.stalemate.linux.Errno;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Pages;

/** Host page faults: first touch, copy on write, and the way to swap-in. Follows {@code mm/memory.c}. */
public class MemoryFault {
  protected final MmStruct mm;
  protected final MemMap memMap;
  protected final Machine m;
  private final SwapFault swapFault;
  private final Shmem shmem;

  public MemoryFault(MmStruct mm) {
    this.mm = mm;
    this.memMap = mm.memMap;
    this.m = mm.m;
    this.swapFault = new SwapFault(mm);
    this.shmem = new Shmem(mm);
  }

  /**
   * An access of the host itself to {@code hva}: faults until the entry permits it. Yields 0, -EFAULT or -ENOMEM.
   * Sleeps; takes mmap_lock.
   */
  @KernelFunction(value = "do_page_fault", file = "arch/arm64/mm/fault.c", version = "v6.12",
      elided = "signals, per-VMA locks")
  public int doPageFault(long hva, boolean write) {
    mm.mmapLock.downRead();
    int r = 0;
    Vma vma = mm.vmaLookup(hva);
    if (!vma.exists()) {
      r = -Errno.EFAULT;
    }
    while (r == 0) {
      long pte = mm.pte(hva).readOnce();
      if (Pte.isPresent(pte) && (!write || Pte.isWritable(pte))) {
        break;
      }
      r = handleMmFault(vma, hva, write);
    }
    mm.mmapLock.upRead();
    return r;
  }

  /**
   * Does one step towards an entry at {@code hva} that permits the access; yields 0 if the caller should look again, or
   * -EFAULT, -ENOMEM. Sleeps. Held: mmap_lock.
   */
  @KernelFunction(value = "handle_mm_fault", file = "mm/memory.c", version = "v5.15-v6.12",
      elided = "the zero page, fault-around, transparent huge pages, userfaultfd")
  public int handleMmFault(Vma vma, long hva, boolean write) {
    mm.mmapLock.assertHeld();
    if (write && !vma.writable()) {
      return -Errno.EFAULT;
    }
    long pte = mm.pte(hva).readOnce();
    if (Pte.isMigration(pte)) {
      migrationEntryWait(pte);
      return 0;
    }
    if (Pte.isSwap(pte)) {
      return swapFault.doSwapPage(vma, hva, pte);
    }
    if (pte == Pte.NONE) {
      return switch (vma.kind()) {
        case ANON -> doAnonymousPage(vma, hva);
        case HUGETLB -> hugetlbNoPage(vma, hva);
        case SHARED -> shmem.fault(vma, hva);
        // A driver's mapping is complete from the start; NONE was refused by the caller.
        case PFNMAP, NONE -> -Errno.EFAULT;
      };
    }
    if (write && !Pte.isWritable(pte)) {
      return doWpPage(vma, hva, pte);
    }
    return markYoung(hva, pte);
  }

  /** Sleeps until the page that is being migrated is unlocked; the migration has made its new entry by then. */
  @KernelFunction(value = "migration_entry_wait", file = "mm/migrate.c", version = "v5.15-v6.12")
  protected void migrationEntryWait(long entry) {
    memMap.waitOnPageLocked(Pte.pfn(entry));
  }

  @KernelFunction(value = "do_anonymous_page", file = "mm/memory.c", version = "v5.15-v6.12")
  protected int doAnonymousPage(Vma vma, long hva) {
    long pfn = memMap.allocPage();
    if (pfn == Pages.NO_PAGE) {
      return -Errno.ENOMEM;
    }
    m.pages().clear(pfn);
    mm.ptl.lock();
    boolean mine = mm.pte(hva).readOnce() == Pte.NONE;
    if (mine) {
      mm.setPteAt(hva, Pte.NONE, Pte.mktag(Pte.present(pfn, vma.writable(), true), vma.mte()));
    }
    mm.ptl.unlock();
    if (!mine) {
      memMap.putPage(pfn);
    }
    return 0;
  }

  /** Maps a whole huge page. Yields -EFAULT (the kernel's SIGBUS) if the pool is empty. */
  @KernelFunction(value = "hugetlb_no_page", file = "mm/hugetlb.c", version = "v5.15-v6.12",
      elided = "reservations, file pages: every mapping gets pages of its own; the fault mutex")
  protected int hugetlbNoPage(Vma vma, long hva) {
    long head = memMap.hugetlb().alloc();
    if (head == HugetlbPool.NONE) {
      return -Errno.EFAULT;
    }
    long pages = 1L << vma.shift();
    for (long i = 0; i < pages; i++) {
      m.pages().clear(head + i);
    }
    memMap.pfnToPage(head).initialise();
    long first = unitStart(vma, hva);
    mm.ptl.lock();
    boolean mine = mm.pte(first).readOnce() == Pte.NONE;
    if (mine) {
      mm.setHugePteAt(first, head, vma.writable(), vma.shift());
    }
    mm.ptl.unlock();
    if (!mine) {
      memMap.putPage(head);
    }
    return 0;
  }

  /** A write to a read-only entry of a writable VMA. */
  @KernelFunction(value = "do_wp_page", file = "mm/memory.c", version = "v5.15-v6.12")
  protected int doWpPage(Vma vma, long hva, long pte) {
    mm.ptl.lock();
    if (mm.pte(hva).readOnce() != pte) {
      mm.ptl.unlock();
      return 0;
    }
    long pfn = Pte.pfn(pte);
    boolean reuse = vma.kind() != VmaKind.ANON || memMap.pfnToPage(pfn).refCount() == 1;
    if (reuse) {
      // wp_page_reuse(): more permission only, so subscribers need not hear.
      long first = unitStart(vma, hva);
      for (long h = first; h < first + (1L << vma.shift()); h++) {
        long old = mm.pte(h).readOnce();
        mm.setPteAt(h, old, Pte.mkwrite(old));
      }
      mm.ptl.unlock();
      return 0;
    }
    memMap.getPage(pfn);
    mm.ptl.unlock();
    return wpPageCopy(hva, pte);
  }

  /** Gives {@code hva} a page of its own. The caller's reference to the old page is dropped. */
  @KernelFunction(value = "wp_page_copy", file = "mm/memory.c", version = "v5.15-v6.12")
  protected int wpPageCopy(long hva, long pte) {
    long oldPfn = Pte.pfn(pte);
    long newPfn = memMap.allocPage();
    if (newPfn == Pages.NO_PAGE) {
      memMap.putPage(oldPfn);
      return -Errno.ENOMEM;
    }
    memMap.copyHighpage(newPfn, oldPfn);
    mm.notifiers.invalidateRangeStart(hva, hva + 1, true);
    mm.ptl.lock();
    boolean replaced = mm.pte(hva).readOnce() == pte;
    if (replaced) {
      // Cleared and flushed before the new entry: no CPU may see both pages at once.
      mm.setPteAt(hva, pte, Pte.NONE);
      mm.setPteAtNotify(hva, Pte.NONE, Pte.mktag(Pte.present(newPfn, true, true), Pte.isTagged(pte)));
    }
    mm.ptl.unlock();
    mm.notifiers.invalidateRangeEnd(hva, hva + 1);
    memMap.putPage(replaced ? oldPfn : newPfn);
    memMap.putPage(oldPfn);
    return 0;
  }

  private int markYoung(long hva, long pte) {
    if (!Pte.isYoung(pte)) {
      mm.ptl.lock();
      if (mm.pte(hva).readOnce() == pte) {
        mm.setPteAt(hva, pte, Pte.mkyoung(pte));
      }
      mm.ptl.unlock();
    }
    return 0;
  }

  /** First hva of the mapping unit around {@code hva}: a page, or a huge page. VMAs are aligned to their units. */
  private static long unitStart(Vma vma, long hva) {
    return hva & -(1L << vma.shift());
  }
}
