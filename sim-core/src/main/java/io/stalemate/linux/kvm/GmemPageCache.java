package io.stalemate.linux.kvm;

import io.stalemate.linux.Errno;
import io.stalemate.linux.mm.MemMap;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Pages;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;

/**
 * The page cache of guest_memfds: pages come with the first fault and go when a hole is punched. A page in the cache is
 * one reference; it leaves under its lock. Follows {@code mm/filemap.c} and {@code mm/truncate.c}.
 */
public class GmemPageCache {
  protected final Kvm kvm;
  protected final Machine m;
  protected final MemMap memMap;

  public GmemPageCache(Kvm kvm) {
    this.kvm = kvm;
    this.m = kvm.m;
    this.memMap = kvm.mm.memMap;
  }

  /**
   * Yields the frame of page {@code index}, a new one if there is a hole, locked and with a reference for the caller;
   * or -ENOMEM. Sleeps.
   */
  @KernelFunction(value = "filemap_grab_folio", file = "include/linux/pagemap.h", version = "v6.8-v6.12",
      elided = "folios of several pages")
  long grabFolio(KvmGmem gmem, long index) {
    Word entry = gmem.pages.at((int) index);
    while (true) {
      long pfn = entry.readOnce();
      if (pfn == 0) {
        pfn = addFolio(gmem, index);
        if (pfn != 0) {
          return pfn;
        }
      } else if (memMap.getPageUnlessZero(pfn)) {
        memMap.lockPage(pfn);
        // Truncation takes a page out under this lock; the frame may even be another page by now.
        if (entry.readOnce() == pfn) {
          return pfn;
        }
        memMap.unlockPage(pfn);
        memMap.putPage(pfn);
      }
      m.retrying();
    }
  }

  /** Yields the frame of a new page, locked and with the caller's reference; -ENOMEM; 0 if somebody was faster. */
  @KernelFunction(value = "filemap_add_folio", file = "mm/filemap.c", version = "v6.8-v6.12", elided = "memcg, LRU")
  private long addFolio(KvmGmem gmem, long index) {
    long pfn = memMap.allocPage();
    if (pfn == Pages.NO_PAGE) {
      return -Errno.ENOMEM;
    }
    memMap.lockPage(pfn);
    // The cache's own reference, taken before anybody can find the page.
    memMap.getPage(pfn);
    if (gmem.pages.at((int) index).cmpxchg(0, pfn) == 0) {
      m.trace(Tracepoint.GMEM_FOLIO, gmem.id, index, pfn, 0);
      return pfn;
    }
    memMap.unlockPage(pfn);
    memMap.putPage(pfn);
    memMap.putPage(pfn);
    return 0;
  }

  /** Takes the pages {@code [start, end)} out of the cache; waits for each page's lock. Sleeps. */
  @KernelFunction(value = "truncate_inode_pages_range", file = "mm/truncate.c", version = "v6.8-v6.12",
      elided = "batches and the first pass without waiting, partial pages: the range is in pages")
  void truncate(KvmGmem gmem, long start, long end) {
    for (long index = start; index < end; index++) {
      truncateFolio(gmem, index);
    }
  }

  @KernelFunction(value = "truncate_inode_folio", file = "mm/truncate.c", version = "v6.8-v6.12",
      elided = "mappings in user space: there are none")
  private void truncateFolio(KvmGmem gmem, long index) {
    Word entry = gmem.pages.at((int) index);
    long pfn = entry.readOnce();
    while (pfn != 0 && !memMap.getPageUnlessZero(pfn)) {
      m.retrying();
      pfn = entry.readOnce();
    }
    if (pfn == 0) {
      return;
    }
    memMap.lockPage(pfn);
    if (entry.readOnce() == pfn) {
      entry.storeRelease(0);
      m.trace(Tracepoint.GMEM_FOLIO, gmem.id, index, 0, 0);
      freeFolio(pfn);
      memMap.putPage(pfn);
    }
    memMap.unlockPage(pfn);
    memMap.putPage(pfn);
  }

  /** {@code PG_hwpoison} of page {@code index}, if it is there. */
  void poison(KvmGmem gmem, long index) {
    long pfn = gmem.pages.at((int) index).readOnce();
    if (pfn != 0 && memMap.getPageUnlessZero(pfn)) {
      memMap.setPageHwpoison(pfn);
      memMap.putPage(pfn);
    }
  }

  /** The page is nobody's private memory any more: its frame is the host's again. */
  @KernelFunction(value = "kvm_gmem_free_folio", file = "virt/kvm/guest_memfd.c", version = "v6.11-v6.12")
  protected void freeFolio(long pfn) {
    kvm.archMmu.gmemInvalidate(pfn);
  }
}
