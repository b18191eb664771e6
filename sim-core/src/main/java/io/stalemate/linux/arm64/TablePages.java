package io.stalemate.linux.arm64;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.kvm.MmuMemoryCache;
import io.stalemate.machine.Gfp;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.ObjectTable;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Pages;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;

/**
 * {@code kvm_s2_mm_ops}: the memory of stage-2 tables as the host gives it. A table page's reference count is one for
 * its existence and one for each entry that is not empty; at 0 the page goes back to the allocator.
 */
public class TablePages {

  private final Machine m;
  private final StageTwoGeometry geometry;
  // By pfn. A frame's count is made when the frame first becomes a table and stays: nobody can know the pfn before.
  private final ObjectTable<Word> pageCounts = new ObjectTable<>();

  /** The table pages of one VM, whose tables have shape {@code geometry}. */
  public TablePages(Machine m, StageTwoGeometry geometry) {
    this.m = m;
    this.geometry = geometry;
  }

  /** The machine. */
  public Machine machine() {
    return m;
  }

  /** The shape of the tables. */
  public StageTwoGeometry geometry() {
    return geometry;
  }

  /** Yields the frame of an empty root table with one reference, or {@link Pages#NO_PAGE}. May sleep. */
  @KernelFunction(value = "kvm_host_zalloc_pages_exact", file = "arch/arm64/kvm/mmu.c", version = "v5.15-v6.12")
  public long zallocPagesExact() {
    return initialised(m.pages().alloc(PageUse.TABLE, geometry.entries(), Gfp.KERNEL));
  }

  /** Gives the root table {@code pgd} back, whose entries are gone. */
  @KernelFunction(value = "kvm_s2_free_pages_exact", file = "arch/arm64/kvm/mmu.c", version = "v5.15-v6.12")
  public void freePagesExact(long pgd) {
    putPage(pgd);
  }

  /** Yields the frame of an empty table with one reference from {@code memcache}, or {@link Pages#NO_PAGE}. */
  @KernelFunction(value = "stage2_memcache_zalloc_page", file = "arch/arm64/kvm/mmu.c", version = "v5.15-v6.12")
  public long zallocPage(MmuMemoryCache memcache) {
    return initialised(memcache.alloc());
  }

  /** {@code get_page()} on the table {@code table}. */
  public void getPage(long table) {
    long count = count(table).fetchAdd(1) + 1;
    m.trace(Tracepoint.PT_REF, table, count);
  }

  /** {@code put_page()} on the table {@code table}; the last reference frees it. */
  public void putPage(long table) {
    long count = count(table).fetchAdd(-1) - 1;
    m.trace(Tracepoint.PT_REF, table, count);
    m.warnOn(count < 0, "put_page: stage-2 table page has no reference");
    if (count == 0) {
      m.pages().free(table);
    }
  }

  /** {@code page_count()} of the table {@code table}. */
  public long pageCount(long table) {
    return count(table).readOnce();
  }

  /** The entry at {@code index} of the table {@code table}. */
  public Word entry(long table, int index) {
    return m.pages().words(table).at(index);
  }

  private long initialised(long pfn) {
    if (pfn != Pages.NO_PAGE) {
      if (pageCounts.find((int) pfn) == null) {
        pageCounts.putIfAbsent((int) pfn, m.word("page_count", pfn, 0));
      }
      // model: the kernel's allocator hands a page out with its reference
      count(pfn).writeOnce(1);
      m.trace(Tracepoint.PT_REF, pfn, 1);
    }
    return pfn;
  }

  private Word count(long table) {
    Word count = pageCounts.find((int) table);
    if (count == null) {
      throw new IllegalArgumentException("frame " + table + " was never a stage-2 table");
    }
    return count;
  }
}
