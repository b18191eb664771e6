package io.stalemate.linux.mm;

import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import java.util.ArrayList;
import java.util.List;

/** Removing mappings: entries go inside a notifier pair, pages after it. Follows {@code mm/memory.c}. */
public class Zap {
  protected final MmStruct mm;
  protected final Machine m;

  public Zap(MmStruct mm) {
    this.mm = mm;
    this.m = mm.m;
  }

  /**
   * Removes whatever {@code [start, end)} maps and drops the mappings' references. Sleeps. Held: mmap_lock, or nothing
   * where the caller works on a file.
   */
  @KernelFunction(value = "zap_page_range_single", file = "mm/memory.c", version = "v5.15-v6.12")
  public void zapPageRange(long start, long end) {
    mm.notifiers.invalidateRangeStart(start, end, true);
    List<Long> slots = new ArrayList<>();
    List<Long> gather = zapPteRange(start, end, slots);
    mm.notifiers.invalidateRangeEnd(start, end);
    tlbFinishMmu(gather);
    for (long slot : slots) {
      freeSwapAndCache(slot);
    }
  }

  /** Clears the entries; yields the pages whose mapping's reference is now to be dropped, and adds swap slots. */
  @KernelFunction(value = "zap_pte_range", file = "mm/memory.c", version = "v5.15-v6.12",
      elided = "batches: one page-table lock for the whole range")
  protected List<Long> zapPteRange(long start, long end, List<Long> slots) {
    List<Long> gather = new ArrayList<>();
    mm.ptl.lock();
    for (long hva = start; hva < end; hva++) {
      long pte = mm.pte(hva).readOnce();
      if (pte == Pte.NONE) {
        continue;
      }
      mm.setPteAt(hva, pte, Pte.NONE);
      if (Pte.isSwap(pte)) {
        slots.add(Pte.swapSlot(pte));
      } else if (Pte.isPresent(pte) && mm.memMap.pfnToPage(Pte.pfn(pte)).headPfn() == Pte.pfn(pte)) {
        // A huge page has one reference for all its entries. A migration entry has none: the migration drops it.
        gather.add(Pte.pfn(pte));
      }
    }
    mm.ptl.unlock();
    return gather;
  }

  /** {@code tlb_finish_mmu()}: the pages go once nobody can reach them. */
  @KernelFunction(
      value = "tlb_finish_mmu",
      file = "mm/mmu_gather.c",
      version = "v5.15-v6.12",
      elided = "the flush: the TLBs of the host are not modelled")
  protected void tlbFinishMmu(List<Long> gather) {
    for (long pfn : gather) {
      mm.memMap.putPage(pfn);
    }
  }

  /**
   * {@code free_swap_and_cache()}: takes a page that nobody will swap in any more out of the swap cache. model: waits
   * for the page lock, where the kernel tries and leaves a locked page to a later reclaim.
   */
  @KernelFunction(
      value = "free_swap_and_cache",
      file = "mm/swapfile.c",
      version = "v5.15-v6.12",
      elided = "trylock: waits for the page lock")
  private void freeSwapAndCache(long slot) {
    long pfn = mm.swap.cache(slot).readOnce();
    // A page that reclaim has frozen is on its way out already.
    if (pfn != 0 && mm.memMap.getPageUnlessZero(pfn)) {
      mm.memMap.lockPage(pfn);
      // The frame may be another page by now, swapped out from the same place: then its entry is there.
      if (!Pte.isSwap(mm.pte(slot).readOnce())) {
        SwapFault.deleteFromSwapCache(mm, slot, pfn);
      }
      mm.memMap.unlockPage(pfn);
      mm.memMap.putPage(pfn);
    }
  }
}
