package io.stalemate.linux.mm;

import io.stalemate.linux.Errno;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Pages;
import java.util.ArrayList;
import java.util.List;

/** The calls that change VMAs. Follows {@code mm/mmap.c} and {@code mm/mprotect.c}. */
public class Mmap {
  protected final MmStruct mm;
  protected final Machine m;
  protected final Zap zap;

  public Mmap(MmStruct mm) {
    this.mm = mm;
    this.m = mm.m;
    this.zap = new Zap(mm);
  }

  /**
   * {@code mmap(MAP_FIXED)}: maps {@code [hva, hva + pages)} anew, in place of what was there. Yields 0; -EINVAL for a
   * bad range, kind or alignment; -ENOMEM. Sleeps.
   *
   * @param shift for {@link VmaKind#HUGETLB} the pool's; else 0
   */
  @KernelFunction(value = "mmap_region", file = "mm/mmap.c", version = "v5.15-v6.12", elided = "merging, limits")
  public int mmap(long hva, long pages, VmaKind kind, int shift, boolean writable) {
    boolean shiftFits = kind == VmaKind.HUGETLB ? shift == mm.memMap.hugetlb().shift() : shift == 0;
    long unit = 1L << shift;
    if (!mm.inRange(hva, pages) || kind == VmaKind.NONE || !shiftFits || hva % unit != 0 || pages % unit != 0) {
      return -Errno.EINVAL;
    }
    mm.mmapLock.downWrite();
    int r = doMunmap(hva, hva + pages);
    if (r == 0) {
      Vma vma = mm.link(new Vma(0, hva, hva + pages, kind, shift, writable));
      if (kind == VmaKind.PFNMAP) {
        r = remapPfnRange(vma);
      }
    }
    mm.mmapLock.upWrite();
    return r;
  }

  /** Unmaps {@code [hva, hva + pages)}. Yields 0, or -EINVAL for a bad range or a part of a huge page. Sleeps. */
  @KernelFunction(value = "__vm_munmap", file = "mm/mmap.c", version = "v5.15-v6.12",
      elided = "downgrading mmap_lock before the unmap")
  public int munmap(long hva, long pages) {
    if (!mm.inRange(hva, pages)) {
      return -Errno.EINVAL;
    }
    mm.mmapLock.downWrite();
    int r = doMunmap(hva, hva + pages);
    mm.mmapLock.upWrite();
    return r;
  }

  /**
   * Gives {@code [hva, hva + pages)} a protection. Yields 0, -EINVAL as {@link #munmap}, or -ENOMEM if some of it is
   * not mapped. Sleeps.
   */
  @KernelFunction(value = "do_mprotect_pkey", file = "mm/mprotect.c", version = "v5.15-v6.12")
  public int mprotect(long hva, long pages, boolean writable) {
    if (!mm.inRange(hva, pages)) {
      return -Errno.EINVAL;
    }
    mm.mmapLock.downWrite();
    int r = mprotectLocked(hva, hva + pages, writable);
    mm.mmapLock.upWrite();
    return r;
  }

  /**
   * {@code mprotect(PROT_MTE)}: the host itself sees the tags of {@code [hva, hva + pages)} from now on. Yields 0,
   * -EINVAL as {@link #munmap} or for memory without tags, or -ENOMEM. Sleeps.
   */
  public int mprotectMte(long hva, long pages) {
    if (!mm.inRange(hva, pages) || mm.memMap.mte().isEmpty()) {
      return -Errno.EINVAL;
    }
    mm.mmapLock.downWrite();
    List<Vma> vmas = vmasIn(hva, hva + pages);
    // arch_validate_flags()
    int r = vmas.stream().allMatch(Vma::mteAllowed) ? 0 : -Errno.EINVAL;
    if (r == 0 && pagesOf(vmas, hva, hva + pages) < pages) {
      r = -Errno.ENOMEM;
    }
    if (r == 0) {
      for (Vma v : vmas) {
        mm.link(new Vma(0, Math.max(hva, v.start()), Math.min(hva + pages, v.end()), v.kind(), v.shift(),
            v.writable(), true));
      }
      keepOutside(vmas, hva, hva + pages);
      changeProtectionMte(hva, hva + pages);
    }
    mm.mmapLock.upWrite();
    return r;
  }

  /** Entries become tagged; the first one of a page initialises its tags. Held: mmap_lock(w). */
  private void changeProtectionMte(long start, long end) {
    mm.notifiers.invalidateRangeStart(start, end, true);
    mm.ptl.lock();
    for (long hva = start; hva < end; hva++) {
      long pte = mm.pte(hva).readOnce();
      if (Pte.isPresent(pte) || Pte.isMigration(pte)) {
        mm.setPteAt(hva, pte, Pte.mktag(pte, true));
      }
    }
    mm.ptl.unlock();
    mm.notifiers.invalidateRangeEnd(start, end);
  }

  /** {@code madvise(MADV_DONTNEED)}: drops the pages and keeps the VMA. Yields 0, -EINVAL or -ENOMEM. Sleeps. */
  @KernelFunction(value = "madvise_dontneed_free", file = "mm/madvise.c", version = "v5.15-v6.12")
  public int madviseDontneed(long hva, long pages) {
    if (!mm.inRange(hva, pages)) {
      return -Errno.EINVAL;
    }
    mm.mmapLock.downRead();
    List<Vma> vmas = vmasIn(hva, hva + pages);
    int r = cutsUnit(vmas, hva, hva + pages) ? -Errno.EINVAL : 0;
    for (Vma vma : vmas) {
      r = vma.kind() == VmaKind.PFNMAP ? -Errno.EINVAL : r;
    }
    for (Vma vma : vmas) {
      if (r == 0) {
        zap.zapPageRange(Math.max(hva, vma.start()), Math.min(hva + pages, vma.end()));
      }
    }
    mm.mmapLock.upRead();
    return r == 0 && pagesOf(vmas, hva, hva + pages) < pages ? -Errno.ENOMEM : r;
  }

  /** Takes the whole address space apart; its last user has left. Sleeps. */
  @KernelFunction(value = "exit_mmap", file = "mm/mmap.c", version = "v5.15-v6.12",
      elided = "mmap_lock for reading while entries go; freeing of page tables; the out-of-memory reaper")
  public void exitMmap() {
    // Before the first entry goes: the subscribers' translations lead to the pages that are freed below.
    mm.notifiers.release();
    mm.mmapLock.downWrite();
    int r = doMunmap(0, mm.hvaPages);
    m.warnOn(r != 0, "exit_mmap: the address space could not be unmapped");
    mm.mmapLock.upWrite();
  }

  /** Held: mmap_lock(w). */
  @KernelFunction(value = "do_vmi_munmap", file = "mm/mmap.c", version = "v5.15-v6.12")
  protected int doMunmap(long start, long end) {
    List<Vma> vmas = vmasIn(start, end);
    if (cutsUnit(vmas, start, end)) {
      return -Errno.EINVAL;
    }
    if (vmas.isEmpty()) {
      return 0;
    }
    mm.unlink(start, end);
    keepOutside(vmas, start, end);
    // unmap_region(): nobody finds a VMA there any more, so nothing comes back.
    zap.zapPageRange(start, end);
    return 0;
  }

  private int mprotectLocked(long start, long end, boolean writable) {
    List<Vma> vmas = vmasIn(start, end);
    if (cutsUnit(vmas, start, end)) {
      return -Errno.EINVAL;
    }
    if (pagesOf(vmas, start, end) < end - start) {
      return -Errno.ENOMEM;
    }
    for (Vma v : vmas) {
      mm.link(new Vma(0, Math.max(start, v.start()), Math.min(end, v.end()), v.kind(), v.shift(), writable,
          v.mte()));
    }
    keepOutside(vmas, start, end);
    changeProtection(start, end, writable);
    return 0;
  }

  /** Entries lose write permission at once and get it back by faults. Held: mmap_lock(w). */
  @KernelFunction(value = "change_protection", file = "mm/mprotect.c", version = "v5.15-v6.12")
  protected void changeProtection(long start, long end, boolean writable) {
    mm.notifiers.invalidateRangeStart(start, end, true);
    mm.ptl.lock();
    for (long hva = start; hva < end; hva++) {
      long pte = mm.pte(hva).readOnce();
      if (!writable && (Pte.isPresent(pte) || Pte.isMigration(pte))) {
        mm.setPteAt(hva, pte, Pte.wrprotect(pte));
      }
    }
    mm.ptl.unlock();
    mm.notifiers.invalidateRangeEnd(start, end);
  }

  /** A driver maps frames of its own, each with the one reference that goes with the mapping. Held: mmap_lock(w). */
  @KernelFunction(value = "remap_pfn_range", file = "mm/memory.c", version = "v5.15-v6.12")
  protected int remapPfnRange(Vma vma) {
    for (long hva = vma.start(); hva < vma.end(); hva++) {
      long pfn = mm.memMap.allocPage();
      if (pfn == Pages.NO_PAGE) {
        doMunmap(vma.start(), vma.end());
        return -Errno.ENOMEM;
      }
      m.pages().clear(pfn);
      mm.ptl.lock();
      mm.setPteAt(hva, Pte.NONE, Pte.special(pfn, vma.writable()));
      mm.ptl.unlock();
    }
    return 0;
  }

  private List<Vma> vmasIn(long start, long end) {
    List<Vma> vmas = new ArrayList<>();
    long hva = start;
    while (hva < end) {
      Vma vma = mm.vmaLookup(hva);
      if (vma.exists()) {
        vmas.add(vma);
      }
      hva = vma.exists() ? vma.end() : hva + 1;
    }
    return vmas;
  }

  private static long pagesOf(List<Vma> vmas, long start, long end) {
    long pages = 0;
    for (Vma vma : vmas) {
      pages += Math.min(end, vma.end()) - Math.max(start, vma.start());
    }
    return pages;
  }

  private static boolean cutsUnit(List<Vma> vmas, long start, long end) {
    for (Vma vma : vmas) {
      long unit = 1L << vma.shift();
      if (Math.max(start, vma.start()) % unit != 0 || Math.min(end, vma.end()) % unit != 0) {
        return true;
      }
    }
    return false;
  }

  /** {@code __split_vma()}: what VMAs had outside the range becomes VMAs of their own. */
  @KernelFunction(value = "__split_vma", file = "mm/mmap.c", version = "v5.15-v6.11")
  private void keepOutside(List<Vma> vmas, long start, long end) {
    for (Vma v : vmas) {
      if (v.start() < start) {
        mm.link(new Vma(0, v.start(), start, v.kind(), v.shift(), v.writable(), v.mte()));
      }
      if (v.end() > end) {
        mm.link(new Vma(0, end, v.end(), v.kind(), v.shift(), v.writable(), v.mte()));
      }
    }
  }
}
