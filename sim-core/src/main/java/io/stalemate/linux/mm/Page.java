package io.stalemate.linux.mm;

import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;

/**
 * {@code struct page}: the reference count and the flags of one frame. The object outlives the frame's uses, as
 * {@code mem_map} does. Frames of a huge page share their head's count. Follows {@code include/linux/page_ref.h}.
 */
public final class Page {
  static final long PG_LOCKED = 1;
  static final long PG_WAITERS = 1 << 1;
  static final long PG_DIRTY = 1 << 2;
  static final long PG_REFERENCED = 1 << 5;
  /** {@code PG_arch_2}: the frame's tags are the page's. */
  static final long PG_MTE_TAGGED = 1 << 3;
  /** {@code PG_arch_3}: somebody has set about to initialise them. */
  static final long PG_MTE_LOCK = 1 << 4;

  /** {@code PG_uptodate}: the page's data is what its owner means to be there. */
  static final long PG_UPTODATE = 1 << 6;
  /** {@code PG_hwpoison}: the frame is broken. */
  static final long PG_HWPOISON = 1 << 7;

  private final Machine m;
  private final long pfn;
  private final long headPfn;
  private final int order;
  private final Word refcount;
  private final Word flags;

  /** A frame of its own. */
  Page(Machine m, long pfn) {
    this.m = m;
    this.pfn = pfn;
    this.headPfn = pfn;
    this.order = 0;
    this.refcount = m.word("page->_refcount", pfn, 0);
    this.flags = m.word("page->flags", pfn, 0);
  }

  /** A frame of the huge page of {@code 1 << order} frames that starts at {@code headPfn}, for as long as it lives. */
  Page(Machine m, long pfn, long headPfn, int order) {
    this.m = m;
    this.pfn = pfn;
    this.headPfn = headPfn;
    this.order = order;
    this.refcount = m.word("page->_refcount", pfn, 0);
    this.flags = m.word("page->flags", pfn, 0);
  }

  public long pfn() {
    return pfn;
  }

  /** {@code compound_head()}: the frame that holds the count; its own pfn unless the frame is part of a huge page. */
  public long headPfn() {
    return headPfn;
  }

  /** {@code compound_order()}: 0, or the huge page's. */
  public int order() {
    return order;
  }

  /** {@code page_ref_count()}. */
  public long refCount() {
    return refcount.readOnce();
  }

  Word flags() {
    return flags;
  }

  /** {@code set_page_count(1)} and clean flags, for a frame just allocated: lock-free getters may look at any time. */
  void initialise() {
    flags.writeOnce(0);
    refcount.writeOnce(1);
    m.trace(Tracepoint.PAGE_REF, pfn, 1);
  }

  /** {@code get_page()}: the caller holds a reference already, or a lock that keeps one alive. */
  void get() {
    long before = refcount.fetchAdd(1);
    m.trace(Tracepoint.PAGE_REF, pfn, before + 1);
    m.warnOn(before <= 0, "get_page of a free page");
  }

  /** {@code get_page_unless_zero()}: yields whether the caller got a reference; false for free and frozen pages. */
  boolean getUnlessZero() {
    long seen = refcount.readOnce();
    while (seen > 0) {
      long before = refcount.cmpxchg(seen, seen + 1);
      if (before == seen) {
        m.trace(Tracepoint.PAGE_REF, pfn, seen + 1);
        return true;
      }
      seen = before;
    }
    return false;
  }

  /** {@code put_page_testzero()}: yields whether that was the last reference. */
  boolean putTestzero() {
    long before = refcount.fetchAdd(-1);
    m.trace(Tracepoint.PAGE_REF, pfn, before - 1);
    m.warnOn(before <= 0, "put_page of a free page");
    return before == 1;
  }

  /** {@code page_ref_freeze()}: takes the count from {@code expected} to 0 if nobody else holds a reference. */
  boolean freeze(long expected) {
    if (refcount.cmpxchg(expected, 0) != expected) {
      return false;
    }
    m.trace(Tracepoint.PAGE_REF, pfn, 0);
    return true;
  }

  /** {@code page_ref_unfreeze()}. Release: what was done to the frozen page is seen by whoever gets it next. */
  void unfreeze(long count) {
    refcount.storeRelease(count);
    m.trace(Tracepoint.PAGE_REF, pfn, count);
  }
}
