package io.stalemate.oracle;

import io.stalemate.trace.Trace;
import java.util.Arrays;

/** When each CPU last cached the translation of a gfn, to tell a page frame from its next life. */
final class TlbFills {

  private static final int CPU_SHIFT = 56;
  private static final int CPU_MASK = 0xffff;

  // By CPU and gfn. Fills of blocks larger than pagesMax are kept whole.
  private final KeyedRows fills = new KeyedRows(1);
  private final int pagesMax;
  private int[] blocks = new int[8];
  private int blockCount;

  /** Keeps fills of up to {@code pagesMax} pages page by page. */
  TlbFills(int pagesMax) {
    this.pagesMax = pagesMax;
  }

  void clear() {
    fills.clear();
    blockCount = 0;
  }

  /** A {@code TLB_FILL}. */
  void on(Trace trace, int event) {
    long pages = trace.c(event);
    if (pages > pagesMax) {
      if (blockCount == blocks.length) {
        blocks = Arrays.copyOf(blocks, blockCount * 2);
      }
      blocks[blockCount++] = event;
      return;
    }
    long cpu = (trace.d(event) & CPU_MASK) << CPU_SHIFT;
    for (long gfn = trace.a(event); gfn < trace.a(event) + pages; gfn++) {
      fills.set(fills.row(cpu | gfn), 0, event);
    }
  }

  /** The event with which {@code cpu} last cached a translation of {@code gfn}; beyond all events if none was seen. */
  int last(Trace trace, long cpu, long gfn) {
    int fill = fills.find(cpu << CPU_SHIFT | gfn);
    int last = fill >= 0 ? (int) fills.get(fill, 0) : -1;
    for (int i = blockCount - 1; i >= 0 && blocks[i] > last; i--) {
      int block = blocks[i];
      if ((trace.d(block) & CPU_MASK) == cpu && trace.a(block) <= gfn && gfn < trace.a(block) + trace.c(block)) {
        return block;
      }
    }
    return last >= 0 ? last : Integer.MAX_VALUE;
  }
}
