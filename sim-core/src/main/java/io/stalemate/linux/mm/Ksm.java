package io.stalemate.linux.mm;

import io.stalemate.linux.Errno;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;

/**
 * Kernel samepage merging: two anonymous pages with the same data become one, read-only; a later write copies. ksmd
 * holds references to both throughout, so such a write never happens in place. Follows {@code mm/ksm.c}.
 */
public class Ksm {
  protected final MmStruct mm;
  protected final MemMap memMap;
  protected final Machine m;
  private final MemoryFault fault;

  public Ksm(MmStruct mm) {
    this.mm = mm;
    this.fault = new MemoryFault(mm);
    this.memMap = mm.memMap;
    this.m = mm.m;
  }

  /**
   * Merges the page at {@code hva} into that at {@code with}. Yields 0; -ENOENT if one of them maps no anonymous page;
   * -EEXIST if they are one already; -EAGAIN if one is busy; -EINVAL if their data differs. Sleeps.
   */
  @KernelFunction(value = "try_to_merge_two_pages", file = "mm/ksm.c", version = "v5.15-v6.12",
      elided = "stable and unstable trees: the caller names the pages")
  public int mergePages(long hva, long with) {
    if (!mm.inRange(hva, 1) || !mm.inRange(with, 1) || hva == with) {
      return -Errno.EINVAL;
    }
    mm.mmapLock.downRead();
    long page = getMergeablePage(hva);
    long kpage = page > 0 ? getMergeablePage(with) : 0;
    int r;
    if (page == 0 || kpage == 0) {
      r = -Errno.ENOENT;
    } else if (page == kpage) {
      r = -Errno.EEXIST;
    } else {
      r = merge(hva, page, with, kpage);
    }
    if (page > 0) {
      memMap.putPage(page);
    }
    if (kpage > 0) {
      memMap.putPage(kpage);
    }
    mm.mmapLock.upRead();
    return r;
  }

  /** Held: mmap_lock, references to both pages. */
  private int merge(long hva, long page, long with, long kpage) {
    int r = tryToMergeOnePage(with, kpage, 0);
    if (r != 0) {
      return r;
    }
    r = tryToMergeOnePage(hva, page, kpage);
    if (r != 0) {
      breakCow(with);
    }
    return r;
  }

  /**
   * Gives {@code hva} a writable page again: a page prepared for sharing that nobody shares helps nobody. Held:
   * mmap_lock, which the kernel takes for each step anew.
   */
  @KernelFunction(value = "break_cow", file = "mm/ksm.c", version = "v5.15-v6.12",
      elided = "a failed allocation leaves the page read-only; the kernel's pages carry a mark that shows it is done")
  protected void breakCow(long hva) {
    Vma vma = mm.vmaLookup(hva);
    int r = 0;
    while (r == 0 && vma.exists() && !Pte.isWritable(mm.pte(hva).readOnce())) {
      r = fault.handleMmFault(vma, hva, true);
    }
  }

  /** Write-protects {@code page} and, if {@code kpage} is not 0 and has the same data, puts it in its place. */
  @KernelFunction(value = "try_to_merge_one_page", file = "mm/ksm.c", version = "v5.15-v6.12")
  protected int tryToMergeOnePage(long hva, long page, long kpage) {
    if (!memMap.trylockPage(page)) {
      return -Errno.EAGAIN;
    }
    int r = writeProtectPage(hva, page);
    if (r == 0 && kpage != 0) {
      // Both are read-only by now: what is compared is what will be mapped.
      r = pagesIdentical(page, kpage) ? replacePage(hva, page, kpage) : -Errno.EINVAL;
    }
    memMap.unlockPage(page);
    return r;
  }

  /** Takes write permission away, unless somebody may be writing the page through a reference (GUP). */
  @KernelFunction(value = "write_protect_page", file = "mm/ksm.c", version = "v5.15-v6.12")
  protected int writeProtectPage(long hva, long page) {
    mm.notifiers.invalidateRangeStart(hva, hva + 1, true);
    mm.ptl.lock();
    int r = 0;
    long pte = mm.pte(hva).readOnce();
    if (!Pte.isPresent(pte) || Pte.pfn(pte) != page) {
      r = -Errno.EAGAIN;
    } else if (Pte.isWritable(pte)) {
      // Cleared while the references are counted: GUP-fast sees that and drops what it got after the count.
      mm.setPteAt(hva, pte, Pte.NONE);
      // The mapping's reference and ksmd's own.
      boolean busy = memMap.pfnToPage(page).refCount() != 2;
      if (busy) {
        mm.setPteAt(hva, Pte.NONE, pte);
        r = -Errno.EAGAIN;
      } else {
        mm.setPteAtNotify(hva, Pte.NONE, Pte.wrprotect(pte));
      }
    }
    mm.ptl.unlock();
    mm.notifiers.invalidateRangeEnd(hva, hva + 1);
    return r;
  }

  /** Maps {@code kpage} in place of {@code page}. */
  @KernelFunction(value = "replace_page", file = "mm/ksm.c", version = "v5.15-v6.12")
  protected int replacePage(long hva, long page, long kpage) {
    mm.notifiers.invalidateRangeStart(hva, hva + 1, true);
    mm.ptl.lock();
    long pte = mm.pte(hva).readOnce();
    boolean same = Pte.isPresent(pte) && !Pte.isWritable(pte) && Pte.pfn(pte) == page;
    if (same) {
      memMap.getPage(kpage);
      mm.setPteAt(hva, pte, Pte.NONE);
      mm.setPteAtNotify(hva, Pte.NONE, Pte.present(kpage, false, true));
    }
    mm.ptl.unlock();
    if (same) {
      memMap.putPage(page);
    }
    mm.notifiers.invalidateRangeEnd(hva, hva + 1);
    return same ? 0 : -Errno.EAGAIN;
  }

  /** {@code pages_identical()}; arm64 compares tags too, see {@link Mte#neverIdentical}. */
  @KernelFunction(value = "pages_identical", file = "include/linux/mm.h", version = "v5.15-v6.12")
  protected boolean pagesIdentical(long page, long kpage) {
    if (memMap.mte().isPresent() && memMap.mte().get().neverIdentical(page, kpage)) {
      return false;
    }
    return m.pages().words(page).at(0).readOnce() == m.pages().words(kpage).at(0).readOnce();
  }

  /** Yields the anonymous page at {@code hva} with a reference, or 0. Held: mmap_lock. */
  private long getMergeablePage(long hva) {
    mm.ptl.lock();
    long pte = mm.pte(hva).readOnce();
    long pfn = Pte.isPresent(pte) && Pte.isAnon(pte) ? Pte.pfn(pte) : 0;
    if (pfn != 0) {
      memMap.getPage(pfn);
    }
    mm.ptl.unlock();
    return pfn;
  }
}
