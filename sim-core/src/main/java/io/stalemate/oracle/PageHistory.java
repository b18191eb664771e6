package io.stalemate.oracle;

import io.stalemate.linearizability.PageEntry;
import io.stalemate.linearizability.PageMap;
import io.stalemate.linearizability.PageMapOperation;
import io.stalemate.trace.Trace;

/**
 * What guests translate, against what the host maps, a page map by hva page. A notifier's call for a range unmaps its
 * pages: from then on no access may use their frames. A page is set when the host maps it and when the pair is closed
 * whose range it is in. That stage 2 is empty is no observation: it may always be.
 */
final class PageHistory {

  private static final int FRAME = 0;
  private static final int WRITABLE = 1;

  private static final int OTHERS = 0;
  private static final int HOSTS = 1;

  private static final int NOT_OPEN = -1;

  private final ConcurrentHistory<PageEntry, PageMapOperation> history = new ConcurrentHistory<>(new PageMap());
  // By hva page: the host's entry.
  private final KeyedRows host = new KeyedRows(2);
  // By pfn: whether it is memory of the host process.
  private final KeyedRows frames = new KeyedRows(1);
  // By task: the pair it has open, since when it is called for, and since when the call is done.
  private final long[] pairStart = new long[Watch.TASKS_MAX];
  private final long[] pairEnd = new long[Watch.TASKS_MAX];
  private final int[] called = new int[Watch.TASKS_MAX];
  private final int[] started = new int[Watch.TASKS_MAX];
  private final OwnerHistory owners = new OwnerHistory(history);
  private int tasks;
  private boolean translated;

  void clear() {
    translated = false;
    history.clear();
    host.clear();
    frames.clear();
    owners.clear();
    tasks = 0;
  }

  ConcurrentHistory<PageEntry, PageMapOperation> history() {
    return history;
  }

  /** {@code NOTIFIER_START}. */
  void start(Trace trace, int event) {
    int task = trace.task(event);
    for (; tasks <= task; tasks++) {
      called[tasks] = NOT_OPEN;
      started[tasks] = NOT_OPEN;
    }
    pairStart[task] = trace.a(event);
    pairEnd[task] = trace.b(event);
    called[task] = event;
    started[task] = NOT_OPEN;
  }

  /** {@code NOTIFIER_STARTED}. */
  void started(Trace trace, int event) {
    int task = trace.task(event);
    started[task] = event;
    for (int row = 0; row < host.size(); row++) {
      if (covers(task, host.key(row))) {
        history.add(task, new PageMapOperation.Unmap(host.key(row)), called[task], event);
      }
    }
  }

  /** {@code NOTIFIER_END}; a call that failed ends so too, and has not unmapped anything for certain. */
  void end(Trace trace, int event) {
    int task = trace.task(event);
    boolean unmapped = started[task] != NOT_OPEN;
    called[task] = NOT_OPEN;
    started[task] = NOT_OPEN;
    for (int row = 0; unmapped && row < host.size(); row++) {
      long hva = host.key(row);
      if (covers(task, hva) && !closed(hva)) {
        set(task, row, event, event);
      }
    }
  }

  /** {@code HOST_PTE}. */
  void hostPte(Trace trace, int event) {
    int task = trace.task(event);
    long hva = trace.a(event);
    long frame = trace.c(event);
    int row = host.row(hva);
    host.set(row, FRAME, frame);
    host.set(row, WRITABLE, trace.d(event));
    if (frame != 0) {
      frames.set(frames.row(frame), 0, HOSTS);
    }
    boolean own = task < tasks && called[task] != NOT_OPEN && covers(task, hva);
    if (own || !closed(hva)) {
      // change_pte() hands the new frame on inside the pair, before the host's entry is written.
      set(task, row, own ? called[task] : event, event);
    }
  }

  private void set(int task, int row, int begin, int end) {
    if (host.get(row, FRAME) != 0) {
      PageEntry leaf = new PageEntry.Leaf(host.get(row, FRAME), host.get(row, WRITABLE) != 0);
      history.add(task, new PageMapOperation.Set(host.key(row), leaf), begin, end);
    }
  }

  /** {@code GMEM_FOLIO}: the frame is not the host process's. */
  void guestMemfd(long frame) {
    if (frame != 0) {
      frames.set(frames.row(frame), 0, OTHERS);
    }
  }

  /** A guest of {@code task} used {@code frame} as the page at {@code hva}, between two events. */
  void translated(int task, long hva, long frame, boolean write, int begin, int end) {
    int row = frames.find(frame);
    if (host.find(hva) >= 0 && (row < 0 || frames.get(row, 0) == HOSTS)) {
      history.add(task, new PageMapOperation.Translate(hva, frame, write), begin, end);
      translated = true;
    }
  }

  /** What protected KVM does to the owners of the host's pages. */
  OwnerHistory owners() {
    return owners;
  }

  /** {@code HOST_MEM_ABORT_DONE}, of an abort that began at {@code begin}. */
  void aborted(Trace trace, int begin, int event) {
    if (host.find(trace.b(event) >>> StageTwoEntry.PAGE_SHIFT) >= 0) {
      owners.aborted(trace, begin, event);
      translated = true;
    }
  }

  /** Whether no order explains the history. What nobody looked at is not judged: setting and unmapping cannot fail. */
  boolean refused() {
    return translated && history.refused();
  }

  /** Whether some pair keeps translations of the page from being made. */
  private boolean closed(long hva) {
    for (int task = 0; task < tasks; task++) {
      if (started[task] != NOT_OPEN && covers(task, hva)) {
        return true;
      }
    }
    return false;
  }

  private boolean covers(int task, long hva) {
    return hva >= pairStart[task] && hva < pairEnd[task];
  }
}
