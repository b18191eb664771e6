package io.stalemate.linux.mm;

import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Pages;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;

/**
 * Allocation tags (MTE) of user pages: who initialises them, and how they follow the data of a page. Follows
 * {@code arch/arm64/include/asm/mte.h}, {@code arch/arm64/kernel/mte.c} and {@code arch/arm64/mm/mteswap.c} as of v6.2;
 * {@link MteV515} is what was before.
 *
 * <p>A frame's tags outlive its owners: allocation does not clear them. {@code PG_mte_tagged} says that they are the
 * page's own. Two bits guard the first initialisation (d77e59a8fccd): whoever sets {@code PG_mte_lock} initialises and
 * then sets {@code PG_mte_tagged}; everybody else waits for the latter. Neither is ever cleared while the page lives.
 */
public class Mte {

  /** Whether tags are those of a page that never had any, or were given up after a copy that failed half way. */
  private static final int FIRST_TIME = 0;
  private static final int GIVEN_UP = 1;

  protected final Machine m;
  protected final MemMap memMap;

  /** The tags of the pages of {@code memMap}. */
  public Mte(MemMap memMap) {
    this.memMap = memMap;
    this.m = memMap.m;
  }

  /** Yields whether the page's tags are its own. Acquire: then they are initialised. */
  @KernelFunction(value = "page_mte_tagged", file = "arch/arm64/include/asm/mte.h", version = "v6.2-v6.12")
  public boolean pageMteTagged(long pfn) {
    // Pairs with the release in setPageMteTagged().
    return (flags(pfn).loadAcquire() & Page.PG_MTE_TAGGED) != 0;
  }

  /**
   * Yields true if the caller is to initialise the page's tags and to call {@link #setPageMteTagged} then; false once
   * somebody else has. Spins in between; never sleeps.
   */
  @KernelFunction(value = "try_page_mte_tagging", file = "arch/arm64/include/asm/mte.h", version = "v6.2-v6.12")
  public boolean tryPageMteTagging(long pfn) {
    if ((flags(pfn).fetchOr(Page.PG_MTE_LOCK) & Page.PG_MTE_LOCK) == 0) {
      return true;
    }
    // smp_cond_load_acquire(): pairs with the release in setPageMteTagged().
    while ((flags(pfn).loadAcquire() & Page.PG_MTE_TAGGED) == 0) {
      m.retrying();
    }
    return false;
  }

  /** Says that the page's tags are its own from now on. */
  @KernelFunction(value = "set_page_mte_tagged", file = "arch/arm64/include/asm/mte.h", version = "v6.2-v6.12")
  public void setPageMteTagged(long pfn) {
    // The tags before the flag: pairs with the acquire in pageMteTagged() and tryPageMteTagging().
    m.smpWmb();
    flags(pfn).fetchOr(Page.PG_MTE_TAGGED);
    m.trace(Tracepoint.MTE_TAGGED, pfn, 0);
  }

  /** Sets all tags of a page to 0, for whoever is the first to have tags there. */
  @KernelFunction(value = "mte_clear_page_tags", file = "arch/arm64/lib/mte.S", version = "v5.15-v6.12")
  public void mteClearPageTags(long pfn) {
    clear(pfn, FIRST_TIME);
  }

  /** The same for a page whose tags are half overwritten: none is better than some of each. */
  public void mteGiveUpPageTags(long pfn) {
    clear(pfn, GIVEN_UP);
  }

  private void clear(long pfn, int why) {
    m.trace(Tracepoint.MTE_CLEAR, pfn, why);
    for (int i = 0; i < Pages.TAG_WORDS; i++) {
      m.pages().tags(pfn).at(i).writeOnce(0);
    }
  }

  /** Tags follow data to a page that nobody else can reach yet. */
  @KernelFunction(value = "copy_highpage", file = "arch/arm64/mm/copypage.c", version = "v5.15-v6.12",
      elided = "hugetlb")
  public void copyTags(long to, long from) {
    if (pageMteTagged(from)) {
      m.warnOn(!tryPageMteTagging(to), "copy_highpage to a page with tags");
      for (int i = 0; i < Pages.TAG_WORDS; i++) {
        m.pages().tags(to).at(i).writeOnce(m.pages().tags(from).at(i).readOnce());
      }
      setPageMteTagged(to);
    }
  }

  /** Whether KSM must keep its hands off: pages of equal data may differ in their tags. */
  @KernelFunction(value = "memcmp_pages", file = "arch/arm64/kernel/mte.c", version = "v5.15-v6.12")
  public boolean neverIdentical(long pfn, long other) {
    return pageMteTagged(pfn) || pageMteTagged(other);
  }

  /** Keeps the tags of a page that goes to {@code slot}. The caller froze the page. */
  @KernelFunction(value = "mte_save_tags", file = "arch/arm64/mm/mteswap.c", version = "v5.15-v6.12",
      elided = "allocating the storage, which may fail and then keeps the page in memory")
  public void mteSaveTags(SwapSpace swap, long slot, long pfn) {
    if (!pageMteTagged(pfn)) {
      return;
    }
    for (int i = 0; i < Pages.TAG_WORDS; i++) {
      swap.tag(slot, i).writeOnce(m.pages().tags(pfn).at(i).readOnce());
    }
    // Release: pairs with the acquire in mteRestoreTags(), as xa_store() and xa_load() do.
    swap.mtePages().at((int) slot).storeRelease(1);
  }

  /** Gives a page from {@code slot} the tags that were kept, unless it never lost its own. */
  @KernelFunction(value = "mte_restore_tags", file = "arch/arm64/mm/mteswap.c", version = "v5.15-v6.12")
  public void mteRestoreTags(SwapSpace swap, long slot, long pfn) {
    if (swap.mtePages().at((int) slot).loadAcquire() == 0) {
      return;
    }
    if (tryPageMteTagging(pfn)) {
      for (int i = 0; i < Pages.TAG_WORDS; i++) {
        m.pages().tags(pfn).at(i).writeOnce(swap.tag(slot, i).readOnce());
      }
      setPageMteTagged(pfn);
    }
  }

  /** Forgets the tags kept for {@code slot}, which is about to be used anew. */
  @KernelFunction(value = "mte_invalidate_tags", file = "arch/arm64/mm/mteswap.c", version = "v5.15-v6.12",
      elided = "called when a slot is freed; here when it is taken again")
  public void mteInvalidateTags(SwapSpace swap, long slot) {
    swap.mtePages().at((int) slot).writeOnce(0);
  }

  /**
   * What {@code set_pte_at()} does before the entry becomes visible: tags come back from swap; a page that is mapped
   * tagged for the first time gets tags of 0. Held: ptl.
   */
  @KernelFunction(value = "mte_sync_tags", file = "arch/arm64/kernel/mte.c", version = "v5.15-v6.12",
      elided = "from v6.5 do_swap_page() restores the tags itself, at the same place")
  public void mteSyncTags(SwapSpace swap, long oldPte, long pte) {
    if (!Pte.isPresent(pte)) {
      return;
    }
    long pfn = Pte.pfn(pte);
    if (Pte.isSwap(oldPte)) {
      mteRestoreTags(swap, Pte.swapSlot(oldPte), pfn);
    }
    if (Pte.isTagged(pte) && !pageMteTagged(pfn) && tryPageMteTagging(pfn)) {
      mteClearPageTags(pfn);
      setPageMteTagged(pfn);
    }
    // Tags before the entry: pairs with the address dependency of whoever finds the page by it.
    m.smpWmb();
  }

  /** {@code page->flags}: each frame of a huge page has flags of its own. */
  protected final Word flags(long pfn) {
    return memMap.pfnToPage(pfn).flags();
  }
}
