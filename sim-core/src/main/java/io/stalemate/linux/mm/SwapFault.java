package io.stalemate.linux.mm;

import io.stalemate.linux.Errno;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Pages;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;

/**
 * Swap-in. A page that is in the swap cache is mapped again from there; else its data is read from the slot into a new
 * page of the cache. A page leaves the cache under its page lock only.
 * Follows {@code do_swap_page()} and {@code mm/swap_state.c}.
 */
public class SwapFault {
  protected final MmStruct mm;
  protected final MemMap memMap;
  protected final Machine m;

  public SwapFault(MmStruct mm) {
    this.mm = mm;
    this.memMap = mm.memMap;
    this.m = mm.m;
  }

  /** A fault on swap entry {@code entry}; yields 0 (look again) or -ENOMEM. Sleeps. Held: mmap_lock. */
  @KernelFunction(value = "do_swap_page", file = "mm/memory.c", version = "v5.15-v6.12",
      elided = "read-ahead, exclusive markers")
  public int doSwapPage(Vma vma, long hva, long entry) {
    long slot = Pte.swapSlot(entry);
    long pfn = mm.swap.cache(slot).readOnce();
    if (pfn == 0) {
      return readSwapCache(vma, hva, entry);
    }
    if (!memMap.getPageUnlessZero(pfn)) {
      // Frozen by the reclaim that is about to take it out of the cache.
      m.retrying();
      return 0;
    }
    memMap.lockPage(pfn);
    if (mm.swap.cache(slot).readOnce() == pfn) {
      mapFromCache(vma, hva, entry, pfn);
    }
    memMap.unlockPage(pfn);
    memMap.putPage(pfn);
    return 0;
  }

  /** Brings the slot's data into a new page of the cache and maps it. */
  @KernelFunction(value = "__read_swap_cache_async", file = "mm/swap_state.c", version = "v5.15-v6.12")
  protected int readSwapCache(Vma vma, long hva, long entry) {
    long slot = Pte.swapSlot(entry);
    long pfn = memMap.allocPage();
    if (pfn == Pages.NO_PAGE) {
      return -Errno.ENOMEM;
    }
    memMap.lockPage(pfn);
    // The cache's own reference, taken before anybody can find the page.
    memMap.getPage(pfn);
    if (mm.swap.cache(slot).cmpxchg(0, pfn) != 0) {
      memMap.unlockPage(pfn);
      memMap.putPage(pfn);
      memMap.putPage(pfn);
      return 0;
    }
    // Read after the page entered the cache: until it leaves, nobody writes the slot.
    Word data = mm.swap.data(slot);
    long token = data.readOnce();
    m.pages().words(pfn).at(0).writeOnce(token);
    m.trace(Tracepoint.SWAP, hva, pfn, token, 1);
    mapFromCache(vma, hva, entry, pfn);
    memMap.unlockPage(pfn);
    memMap.putPage(pfn);
    return 0;
  }

  /** Maps a page of the cache if the entry is still there; in any case takes it out. Held: page lock, a reference. */
  protected void mapFromCache(Vma vma, long hva, long entry, long pfn) {
    mm.ptl.lock();
    boolean mine = mm.pte(hva).readOnce() == entry;
    if (mine) {
      memMap.getPage(pfn);
      mm.setPteAt(hva, entry, Pte.mktag(Pte.present(pfn, vma.writable(), true), vma.mte()));
    }
    mm.ptl.unlock();
    // Mapped, or the entry went while the page was locked: nobody will look for it here any more.
    deleteFromSwapCache(mm, Pte.swapSlot(entry), pfn);
  }

  /** {@code delete_from_swap_cache()}: takes the page out and drops the cache's reference. Held: page lock. */
  static void deleteFromSwapCache(MmStruct mm, long slot, long pfn) {
    if (mm.swap.cache(slot).cmpxchg(pfn, 0) == pfn) {
      mm.memMap.putPage(pfn);
    }
  }
}
