package io.stalemate.linux.mm;

import io.stalemate.machine.Gfp;
import io.stalemate.machine.Machine;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Pages;
import io.stalemate.machine.Word;
import java.util.ArrayList;
import java.util.List;

/**
 * The huge pages set aside at boot: runs of consecutive frames, aligned to their size, that stay huge for ever. A free
 * one goes back here and never to the page allocator. Follows the persistent pool of {@code mm/hugetlb.c}.
 */
public final class HugetlbPool {
  /** What {@link #alloc} yields when none is free. */
  static final long NONE = 0;

  private static final int PAGES_MAX = 62;

  private final int shift;
  private final List<Long> heads;
  // model: hugetlb_lock and its lists are one word with a bit for each free huge page.
  private final Word free;

  /** Sets aside {@code count} huge pages of {@code 1 << shift} frames. */
  HugetlbPool(Machine m, int shift, int count) {
    if (count < 0 || count > PAGES_MAX) {
      throw new IllegalArgumentException("huge pages: " + count + "; at most " + PAGES_MAX);
    }
    this.shift = shift;
    this.heads = reserve(m, shift, count);
    this.free = m.word("free_huge_pages", (1L << count) - 1);
  }

  /** Frames of one huge page as a power of two. */
  public int shift() {
    return shift;
  }

  List<Long> heads() {
    return heads;
  }

  /** Yields the first frame of a free huge page, the lowest there is, or {@link #NONE}. The count is not touched. */
  long alloc() {
    long seen = free.readOnce();
    while (seen != 0) {
      long bit = Long.lowestOneBit(seen);
      long before = free.cmpxchg(seen, seen & ~bit);
      if (before == seen) {
        return heads.get(Long.numberOfTrailingZeros(bit));
      }
      seen = before;
    }
    return NONE;
  }

  /** Takes back the huge page that starts at {@code headPfn}. */
  void free(long headPfn) {
    free.fetchOr(1L << heads.indexOf(headPfn));
  }

  /** The allocator promises no contiguity, so frames are drawn until enough aligned runs came up; others go back. */
  private static List<Long> reserve(Machine m, int shift, int count) {
    List<Long> heads = new ArrayList<>();
    List<Long> spare = new ArrayList<>();
    long size = 1L << shift;
    long runStart = 0;
    long runEnd = 0;
    while (heads.size() < count) {
      long pfn = m.pages().alloc(PageUse.USER, 1, Gfp.KERNEL);
      if (pfn == Pages.NO_PAGE) {
        throw new IllegalStateException("too few frames for " + count + " huge pages of " + size);
      }
      if (pfn != runEnd || runStart == runEnd) {
        for (long p = runStart; p < runEnd; p++) {
          spare.add(p);
        }
        runStart = pfn;
        runEnd = pfn;
      }
      runEnd++;
      if ((runStart & (size - 1)) != 0) {
        spare.add(runStart);
        runStart = runEnd;
      } else if (runEnd - runStart == size) {
        heads.add(runStart);
        runStart = runEnd;
      }
    }
    for (int i = spare.size() - 1; i >= 0; i--) {
      m.pages().free(spare.get(i));
    }
    return List.copyOf(heads);
  }
}
