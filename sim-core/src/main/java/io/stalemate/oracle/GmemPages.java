package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Trace;

/**
 * The pages of guest_memfds as the events of a run tell them: which page of which file is bound to a gfn, which frame
 * it is in, and whose page a frame is. A page is named by a key that no page number of an hva equals.
 */
final class GmemPages {

  /** No page of any guest_memfd. */
  static final long NONE = -1;

  private static final long KEY = 1L << 62;
  private static final int FILE_SHIFT = 32;

  // Of bindings, by first gfn.
  private static final int PAGES = 0;
  private static final int FIRST_KEY = 1;

  // Of frames.
  private static final int OWNER = 0;
  /** The event since which the page is in another frame, or in none, plus 1. */
  private static final int REMOVED = 1;

  private final KeyedRows bindings = new KeyedRows(2);
  private final KeyedRows frames = new KeyedRows(2);
  // By page: the frame it is in.
  private final KeyedRows folios = new KeyedRows(1);

  void clear() {
    bindings.clear();
    frames.clear();
    folios.clear();
  }

  /** {@code PAGE_ALLOC}: the frame is nobody's page from now on. */
  void alloc(long pfn) {
    int frame = frames.find(pfn);
    if (frame >= 0) {
      frames.set(frame, OWNER, 0);
      frames.set(frame, REMOVED, 0);
    }
  }

  /** Takes a {@code GMEM_BIND} or {@code GMEM_FOLIO} in. */
  void on(Trace trace, int event) {
    if (trace.point(event) == Tracepoint.GMEM_BIND) {
      int binding = bindings.row(trace.b(event));
      bindings.set(binding, PAGES, trace.c(event));
      bindings.set(binding, FIRST_KEY, key(trace.a(event), trace.d(event)));
      return;
    }
    long page = key(trace.a(event), trace.b(event));
    long pfn = trace.c(event);
    int folio = folios.row(page);
    long before = folios.get(folio, 0);
    if (before != 0 && before != pfn) {
      frames.set(frames.row(before), REMOVED, event + 1L);
    }
    folios.set(folio, 0, pfn);
    if (pfn != 0) {
      int frame = frames.row(pfn);
      frames.set(frame, OWNER, page);
      frames.set(frame, REMOVED, 0);
    }
  }

  /** The name of page {@code index} of guest_memfd {@code file}. */
  static long key(long file, long index) {
    return KEY | file << FILE_SHIFT | index;
  }

  /** Says which page {@code key} is. */
  static String name(long key) {
    return "page " + Watch.hex(key & (1L << FILE_SHIFT) - 1) + " of guest_memfd " + ((key & ~KEY) >>> FILE_SHIFT);
  }

  /** Whether {@code key} names a page of a guest_memfd, and no hva page. */
  static boolean isKey(long key) {
    return key > 0 && (key & KEY) != 0;
  }

  /** Yields the page that {@code pfn} is, or was until it was removed; {@link #NONE} if it is none. */
  long page(long pfn) {
    int frame = frames.find(pfn);
    return frame < 0 || frames.get(frame, OWNER) == 0 ? NONE : frames.get(frame, OWNER);
  }

  /** Yields the event since which {@code pfn} is no longer the page it was, or -1. */
  int removedAt(long pfn) {
    int frame = frames.find(pfn);
    return frame < 0 ? -1 : (int) frames.get(frame, REMOVED) - 1;
  }

  /** Yields the page that is bound to {@code gfn}, or {@link #NONE}. */
  long bound(long gfn) {
    for (int i = 0; i < bindings.size(); i++) {
      long offset = gfn - bindings.key(i);
      if (offset >= 0 && offset < bindings.get(i, PAGES)) {
        return bindings.get(i, FIRST_KEY) + offset;
      }
    }
    return NONE;
  }
}
