package io.stalemate.oracle;

import io.stalemate.trace.Trace;

/** What the host maps at each page of the VMM's address space, from {@code HOST_PTE} and {@code VMA_MAP} events. */
final class HostMappings {

  /** In place of a row: the host never said anything of that page. */
  static final int NONE = -1;

  private static final int PFN = 0;
  private static final int WRITABLE = 1;
  private static final int EVENT = 2;
  private static final int SHIFT = 3;

  private final KeyedRows rows = new KeyedRows(4);

  void clear() {
    rows.clear();
  }

  /** A {@code HOST_PTE}. */
  void entry(Trace trace, int event) {
    int row = rows.row(trace.a(event));
    rows.set(row, PFN, trace.c(event));
    rows.set(row, WRITABLE, trace.d(event));
    rows.set(row, EVENT, event);
  }

  /** A {@code VMA_MAP}. */
  void vma(Trace trace, int event) {
    for (long hva = trace.a(event); hva < trace.b(event); hva++) {
      rows.set(rows.row(hva), SHIFT, trace.d(event));
    }
  }

  /** Yields the row of page {@code hva} if the host ever changed its entry, else {@link #NONE}. */
  int find(long hva) {
    int row = rows.find(hva);
    return row >= 0 && rows.get(row, EVENT) != 0 ? row : NONE;
  }

  /** Number of rows; some may be of pages whose entry never changed. */
  int size() {
    return rows.size();
  }

  /** The page that {@code row} is of. */
  long hva(int row) {
    return rows.key(row);
  }

  /** The frame that is mapped; 0 if none is. */
  long pfn(int row) {
    return rows.get(row, PFN);
  }

  boolean isWritable(int row) {
    return rows.get(row, WRITABLE) != 0;
  }

  /** The host's last change of the entry. */
  Evidence change(int row) {
    String page = "hva page " + Watch.hex(hva(row));
    return new Evidence((int) rows.get(row, EVENT), pfn(row) == 0
        ? "host unmaps " + page
        : "host maps " + page + " to pfn " + Watch.hex(pfn(row)) + (isWritable(row) ? "" : " read-only"));
  }

  /**
   * Whether frame {@code pfn} is where it has to be in a huge page of which other parts are still mapped. A huge page
   * is one entry for the hardware, though the host's events come page by page.
   */
  boolean isPartOfHugePage(int row, long pfn) {
    long pages = 1L << rows.get(row, SHIFT);
    if (pfn(row) != 0 || pages == 1) {
      return false;
    }
    long hva = hva(row);
    long first = hva & -pages;
    for (long other = first; other < first + pages; other++) {
      int neighbour = rows.find(other);
      if (neighbour >= 0 && rows.get(neighbour, PFN) - other == pfn - hva) {
        return true;
      }
    }
    return false;
  }
}
