package io.stalemate.linux.mm;

import io.stalemate.linux.Errno;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;

/**
 * Reclaim: a page's data goes to swap and its frame is freed, unless somebody besides the mapping holds a reference.
 * Runs without mmap_lock. Follows {@code mm/vmscan.c} and {@code mm/rmap.c}.
 */
public class Vmscan {
  protected final MmStruct mm;
  protected final MemMap memMap;
  protected final Machine m;

  public Vmscan(MmStruct mm) {
    this.mm = mm;
    this.memMap = mm.memMap;
    this.m = mm.m;
  }

  /**
   * Tries to reclaim the anonymous page at {@code hva}. Yields 0; -ENOENT if there is none; -EAGAIN if it is busy. It
   * may then be unmapped all the same, and sit in the swap cache until the next fault. Sleeps.
   */
  @KernelFunction(value = "shrink_folio_list", file = "mm/vmscan.c", version = "v5.15-v6.12",
      elided = "LRU lists, references seen by ageing, writeback")
  public int shrinkPage(long hva) {
    if (!mm.inRange(hva, 1)) {
      return -Errno.EINVAL;
    }
    long pte = mm.pte(hva).readOnce();
    if (!Pte.isPresent(pte) || !Pte.isAnon(pte)) {
      return -Errno.ENOENT;
    }
    long pfn = Pte.pfn(pte);
    if (!isolate(hva, pte, pfn)) {
      return -Errno.EAGAIN;
    }
    if (!memMap.trylockPage(pfn)) {
      memMap.putPage(pfn);
      return -Errno.EAGAIN;
    }
    boolean freed = addToSwap(hva, pfn) && swapOut(hva, pfn);
    if (!freed) {
      memMap.unlockPage(pfn);
      memMap.putPage(pfn);
    }
    return freed ? 0 : -Errno.EAGAIN;
  }

  /**
   * Looks whether {@code [hva, hva + pages)} was accessed, and makes it old. Yields how many pages were; -EINVAL for a
   * bad range.
   */
  @KernelFunction(value = "folio_referenced", file = "mm/rmap.c", version = "v5.15-v6.12")
  public int age(long hva, long pages) {
    if (!mm.inRange(hva, pages)) {
      return -Errno.EINVAL;
    }
    int referenced = 0;
    for (long h = hva; h < hva + pages; h++) {
      mm.ptl.lock();
      long pte = mm.pte(h).readOnce();
      if (Pte.isPresent(pte)) {
        boolean young = Pte.isYoung(pte);
        if (young) {
          mm.setPteAt(h, pte, Pte.mkold(pte));
        }
        young |= mm.notifiers.clearFlushYoung(h, h + 1);
        referenced += young ? 1 : 0;
      }
      mm.ptl.unlock();
    }
    return referenced;
  }

  /** {@code folio_isolate_lru()}: a reference, if the entry still names the page. */
  @KernelFunction(value = "folio_isolate_lru", file = "mm/vmscan.c", version = "v6.2-v6.12", elided = "LRU lists")
  private boolean isolate(long hva, long pte, long pfn) {
    if (!memMap.getPageUnlessZero(pfn)) {
      return false;
    }
    if (mm.pte(hva).readOnce() != pte) {
      memMap.putPage(pfn);
      return false;
    }
    return true;
  }

  /** The page enters the swap cache, which holds a reference from now on. Held: page lock. */
  @KernelFunction(value = "add_to_swap", file = "mm/swap_state.c", version = "v5.15-v6.12")
  protected boolean addToSwap(long hva, long pfn) {
    memMap.getPage(pfn);
    if (mm.swap.cache(hva).cmpxchg(0, pfn) != 0) {
      memMap.putPage(pfn);
      return false;
    }
    if (memMap.mte().isPresent()) {
      memMap.mte().get().mteInvalidateTags(mm.swap, hva);
    }
    return true;
  }

  private boolean swapOut(long hva, long pfn) {
    if (!tryToUnmapOne(hva, pfn)) {
      SwapFault.deleteFromSwapCache(mm, hva, pfn);
      return false;
    }
    return removeMapping(hva, pfn);
  }

  /** Replaces the entry by a swap entry. Held: page lock, a reference. */
  @KernelFunction(value = "try_to_unmap_one", file = "mm/rmap.c", version = "v5.15-v6.12",
      elided = "other mappings of the page: it counts as busy if it has any")
  protected boolean tryToUnmapOne(long hva, long pfn) {
    mm.notifiers.invalidateRangeStart(hva, hva + 1, true);
    mm.ptl.lock();
    long pte = mm.pte(hva).readOnce();
    boolean mapped = Pte.isPresent(pte) && Pte.pfn(pte) == pfn;
    if (mapped) {
      mm.setPteAt(hva, pte, Pte.swapEntry(hva));
      // page_remove_rmap(): the mapping's reference; the caller has one of its own.
      memMap.putPage(pfn);
    }
    mm.ptl.unlock();
    mm.notifiers.invalidateRangeEnd(hva, hva + 1);
    return mapped;
  }

  /** Frees the page if only the cache and the caller refer to it. Held: page lock, a reference; both go on success. */
  @KernelFunction(value = "__remove_mapping", file = "mm/vmscan.c", version = "v5.15-v6.12")
  protected boolean removeMapping(long hva, long pfn) {
    Page page = memMap.pfnToPage(pfn);
    if (!page.freeze(2)) {
      return false;
    }
    // Nobody can reach the data any more; it reaches the slot before the page leaves the cache.
    long token = m.pages().words(pfn).at(0).readOnce();
    mm.swap.data(hva).writeOnce(token);
    if (memMap.mte().isPresent()) {
      // arch_prepare_to_swap(). model: here with the data, not when it is written out, before the freeze.
      memMap.mte().get().mteSaveTags(mm.swap, hva, pfn);
    }
    m.trace(Tracepoint.SWAP, hva, pfn, token, 0);
    // Pairs with the reads of the cache and then the slot in SwapFault.
    mm.swap.cache(hva).storeRelease(0);
    memMap.unlockPage(pfn);
    memMap.freePage(page);
    return true;
  }
}
