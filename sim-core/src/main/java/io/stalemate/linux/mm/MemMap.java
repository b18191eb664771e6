package io.stalemate.linux.mm;

import io.stalemate.machine.Gfp;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.ObjectTable;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Pages;
import io.stalemate.machine.TaskState;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.WaitQueue;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** {@code mem_map}: the {@link Page} of every frame of user memory, and the operations on pages by frame number. */
public class MemMap {
  protected final Machine m;
  private final HugetlbPool hugetlb;
  private final Optional<Mte> mte;
  // By pfn. A page's entry is made when its frame is first handed out: no task can know the pfn before.
  private final ObjectTable<Page> pages = new ObjectTable<>();
  // The kernel hashes pages to shared wait queues; here all share one.
  private final WaitQueue folioWait;

  /** Host memory with {@code hugetlbPages} huge pages of {@code 1 << hugetlbShift} frames set aside, possibly none. */
  public MemMap(Machine m, int hugetlbShift, int hugetlbPages) {
    this(m, hugetlbShift, hugetlbPages, Optional.empty());
  }

  /** The same; with {@code mte} on CPUs that have allocation tags. */
  public MemMap(Machine m, int hugetlbShift, int hugetlbPages, Optional<Function<MemMap, Mte>> mte) {
    this.m = m;
    this.mte = mte.map(link -> link.apply(this));
    this.folioWait = m.waitQueue("folio_wait_table");
    this.hugetlb = new HugetlbPool(m, hugetlbShift, hugetlbPages);
    for (long head : hugetlb.heads()) {
      for (long pfn = head; pfn < head + (1L << hugetlbShift); pfn++) {
        put(new Page(m, pfn, head, hugetlbShift));
      }
    }
  }

  /** The tags of the pages, if {@code system_supports_mte()}. */
  public Optional<Mte> mte() {
    return mte;
  }

  /** {@code copy_highpage()}: copies a page's data, and tags if it has some, to a page nobody else can reach yet. */
  void copyHighpage(long to, long from) {
    m.pages().copy(to, from);
    if (mte.isPresent()) {
      mte.get().copyTags(to, from);
    }
  }

  /** The huge pages set aside. */
  public HugetlbPool hugetlb() {
    return hugetlb;
  }

  /** Whether frame {@code pfn} is or has been user memory. */
  @KernelFunction(value = "pfn_valid", file = "include/linux/mmzone.h", version = "v5.15-v6.12",
      elided = "frames of other uses, which are valid too")
  public boolean pfnValid(long pfn) {
    return lookup(pfn) != null;
  }

  /** Yields the page of frame {@code pfn}, which must be or have been user memory. */
  public Page pfnToPage(long pfn) {
    Page page = lookup(pfn);
    if (page == null) {
      throw new IllegalArgumentException("pfn " + pfn + " was never user memory");
    }
    return page;
  }

  /** Yields the pfn of a frame of user memory with one reference, the caller's, or {@link Pages#NO_PAGE}. Sleeps. */
  @KernelFunction(value = "alloc_page", file = "mm/page_alloc.c", version = "v6.12")
  public long allocPage() {
    long pfn = m.pages().alloc(PageUse.USER, 1, Gfp.KERNEL);
    if (pfn == Pages.NO_PAGE) {
      return pfn;
    }
    if (lookup(pfn) == null) {
      put(new Page(m, pfn));
    }
    pfnToPage(pfn).initialise();
    return pfn;
  }

  /** Takes a reference to a page the caller knows to be alive. */
  @KernelFunction(value = "get_page", file = "include/linux/mm.h", version = "v6.12")
  public void getPage(long pfn) {
    head(pfn).get();
  }

  /** Yields whether the caller got a reference; false if the page is free or frozen. */
  @KernelFunction(value = "get_page_unless_zero", file = "include/linux/mm.h", version = "v6.12")
  public boolean getPageUnlessZero(long pfn) {
    return head(pfn).getUnlessZero();
  }

  /** Drops a reference; the last one frees the page. */
  @KernelFunction(value = "put_page", file = "include/linux/mm.h", version = "v6.12")
  public void putPage(long pfn) {
    Page page = head(pfn);
    if (page.putTestzero()) {
      freePage(page);
    }
  }

  /** Frees a page whose count is 0: huge pages go back to their pool. */
  void freePage(Page page) {
    if (page.order() == 0) {
      m.pages().free(page.pfn());
    } else {
      hugetlb.free(page.pfn());
    }
  }

  /** {@code SetPageDirty()}. The caller holds a reference, or a lock that keeps a mapping of the page valid. */
  @KernelFunction(value = "set_page_dirty", file = "mm/page-writeback.c", version = "v6.12",
      elided = "writeback: nothing cleans a page here")
  public void setPageDirty(long pfn) {
    head(pfn).flags().fetchOr(Page.PG_DIRTY);
    m.trace(Tracepoint.PAGE_MARK, pfn, 1);
  }

  /** Tells reclaim that the page is in use. The caller's right to touch it is as for {@link #setPageDirty}. */
  @KernelFunction(value = "mark_page_accessed", file = "mm/swap.c", version = "v6.12", elided = "LRU lists")
  public void markPageAccessed(long pfn) {
    head(pfn).flags().fetchOr(Page.PG_REFERENCED);
    m.trace(Tracepoint.PAGE_MARK, pfn, 0);
  }

  /** {@code PageUptodate()}. Held: the page lock, or a reference. */
  public boolean isPageUptodate(long pfn) {
    return (head(pfn).flags().readOnce() & Page.PG_UPTODATE) != 0;
  }

  /** {@code SetPageUptodate()}: the data was written before. Held: the page lock. */
  @KernelFunction(value = "SetPageUptodate", file = "include/linux/page-flags.h", version = "v6.8-v6.12")
  public void setPageUptodate(long pfn) {
    head(pfn).flags().fetchOr(Page.PG_UPTODATE);
  }

  /** {@code PageHWPoison()}. */
  public boolean isPageHwpoison(long pfn) {
    return (head(pfn).flags().readOnce() & Page.PG_HWPOISON) != 0;
  }

  /** {@code SetPageHWPoison()}. Held: a reference. */
  @KernelFunction(value = "SetPageHWPoison", file = "include/linux/page-flags.h", version = "v6.8-v6.12")
  public void setPageHwpoison(long pfn) {
    head(pfn).flags().fetchOr(Page.PG_HWPOISON);
  }

  /** Yields whether the caller now holds the page lock. */
  @KernelFunction(value = "trylock_page", file = "include/linux/pagemap.h", version = "v6.12")
  public boolean trylockPage(long pfn) {
    return (head(pfn).flags().fetchOr(Page.PG_LOCKED) & Page.PG_LOCKED) == 0;
  }

  /** Takes the page lock; may sleep. */
  @KernelFunction(value = "lock_page", file = "include/linux/pagemap.h", version = "v6.12")
  public void lockPage(long pfn) {
    m.mightSleep();
    while (!trylockPage(pfn)) {
      waitOnPageLocked(pfn);
    }
  }

  @KernelFunction(value = "unlock_page", file = "mm/filemap.c", version = "v6.12")
  public void unlockPage(long pfn) {
    long before = head(pfn).flags().fetchAnd(~(Page.PG_LOCKED | Page.PG_WAITERS));
    m.warnOn((before & Page.PG_LOCKED) == 0, "unlock_page of an unlocked page");
    if ((before & Page.PG_WAITERS) != 0) {
      folioWait.wakeUpAll();
    }
  }

  /** Sleeps until the page lock was let go of once; yields at once if nobody holds it. */
  @KernelFunction(value = "folio_wait_locked", file = "mm/filemap.c", version = "v6.12")
  public void waitOnPageLocked(long pfn) {
    folioWait.prepare(TaskState.UNINTERRUPTIBLE);
    // The waiter is queued before it sets PG_waiters, and unlock clears both bits in one step: no wake-up is lost.
    if ((head(pfn).flags().fetchOr(Page.PG_WAITERS) & Page.PG_LOCKED) != 0) {
      m.schedule();
    }
    folioWait.finish();
  }

  private Page head(long pfn) {
    Page page = pfnToPage(pfn);
    return page.headPfn() == pfn ? page : pfnToPage(page.headPfn());
  }

  private @Nullable Page lookup(long pfn) {
    return pages.find((int) pfn);
  }

  private void put(Page page) {
    pages.putIfAbsent((int) page.pfn(), page);
  }
}
