package io.stalemate.linux.arm64.nvhe;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.arm64.TablePages;
import io.stalemate.linux.kvm.MmuMemoryCache;
import io.stalemate.machine.Gfp;
import io.stalemate.machine.Machine;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Pages;
import io.stalemate.machine.Word;

/**
 * {@code struct hyp_pool}: the pages that the host donated for the tables of one component, all there will ever be. A
 * table page that loses its last reference goes back to the pool.
 */
public class HypPool extends MmuMemoryCache {

  private final int tableWords;
  /** Pages left. Held: the lock of the component whose pool it is. */
  private final Word free;

  /**
   * A pool of {@code pages} pages.
   *
   * @param owner key that tells pools apart in traces
   */
  public HypPool(Machine m, int owner, StageTwoGeometry geometry, int pages) {
    super(m, owner, geometry.entries(), 1);
    this.tableWords = geometry.entries();
    this.free = m.word("hyp_pool->free", owner, pages);
  }

  /** {@code hyp_alloc_pages()}: a zeroed page, or {@link Pages#NO_PAGE} if the pool is empty. */
  @Override
  public long alloc() {
    long left = free.read();
    if (left == 0) {
      return Pages.NO_PAGE;
    }
    // model: pages come from the world's allocator, so that oracles see each one's lives
    long pfn = m.pages().alloc(PageUse.TABLE, tableWords, Gfp.ATOMIC);
    if (pfn != Pages.NO_PAGE) {
      free.write(left - 1);
    }
    return pfn;
  }

  /** {@code hyp_attach_page()}: a page came back. */
  void attach() {
    free.write(free.read() + 1);
  }

  /** {@code kvm_pgtable_mm_ops} of a table whose pages come from {@code pool}. */
  static final class TableOps extends TablePages {

    private final HypPool pool;

    TableOps(Machine m, StageTwoGeometry geometry, HypPool pool) {
      super(m, geometry);
      this.pool = pool;
    }

    @Override
    public void putPage(long table) {
      super.putPage(table);
      // The component's lock is held: nobody else can have taken the page since.
      if (pageCount(table) == 0) {
        pool.attach();
      }
    }
  }
}
