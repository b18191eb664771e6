package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;

/**
 * A guest store to a write-tracked gfn goes past KVM: whoever tracks the page, to shadow what is in it, never learns
 * of it. Tracking counts from the return of the call that turned it on, since until then a store is one that came
 * before; a leaf that allows stores must not be left either. Stores that KVM emulates are what tracking is for. The
 * slot is what is tracked in: a slot that goes, or another that comes, ends it.
 */
final class WriteTracking extends Watch {

  private static final String RULE =
      "no guest store hits a gfn from the return of kvm_write_track_add_gfn() to kvm_write_track_remove_gfn()";

  /** The event that turned it on, plus 1; 0 if the gfn is not tracked. */
  private static final int TURNED_ON = 0;
  /** The event of the return, plus 1. */
  private static final int EFFECTIVE = 1;

  private final StageTwo tables;
  private final KeyedRows gfns = new KeyedRows(2);
  // By memslot that is on its way out: first gfn and number of gfns, 0 once it is not.
  private final KeyedRows going = new KeyedRows(2);
  // By task: the gfn that its call under way turned on, or -1.
  private final long[] turning = new long[TASKS_MAX];

  WriteTracking(int bitsPerLevel) {
    super("write-tracking", "a guest store to a write-tracked page that KVM does not see",
        EnumSet.of(Op.TRACE, Op.PAGE_ALLOC, Op.PAGE_FREE, Op.GUEST_STORE),
        EnumSet.of(Tracepoint.TDP_SET_SPTE, Tracepoint.TDP_ROOT, Tracepoint.WRITE_TRACK, Tracepoint.RETURN,
            Tracepoint.SLOT_INVALID, Tracepoint.SLOT_INSTALL, Tracepoint.SLOT_GONE));
    tables = new StageTwo(bitsPerLevel);
  }

  @Override
  void reset() {
    tables.reset(trace());
    gfns.clear();
    going.clear();
    Arrays.fill(turning, -1);
  }

  @Override
  public void on(int event) {
    switch (trace().op(event)) {
      case TRACE -> point(event);
      case PAGE_ALLOC -> tables.alloc(event);
      case PAGE_FREE -> tables.free(event);
      case GUEST_STORE -> store(event);
      default -> {}
    }
  }

  private void point(int event) {
    Trace trace = trace();
    int task = trace.task(event);
    switch (trace.point(event)) {
      case TDP_SET_SPTE -> tables.set(event);
      case TDP_ROOT -> tables.tdpRoot(event);
      case WRITE_TRACK -> {
        int gfn = gfns.row(trace.a(event));
        if (trace.b(event) == 0) {
          forget(gfn);
        } else if (gfns.get(gfn, TURNED_ON) == 0 && !isGoing(trace.a(event))) {
          gfns.set(gfn, TURNED_ON, event + 1L);
          turning[task] = trace.a(event);
        }
      }
      case SLOT_INVALID -> {
        int slot = going.row(trace.a(event));
        going.set(slot, 0, trace.b(event));
        going.set(slot, 1, trace.c(event));
      }
      case SLOT_INSTALL -> {
        int slot = going.row(trace.a(event));
        // If it is the one that was to go, put back, what was tracked in it still is.
        if (going.get(slot, 1) != 0 && going.get(slot, 0) == trace.b(event)) {
          going.set(slot, 1, 0);
        } else {
          forget(trace.b(event), trace.c(event));
        }
      }
      case SLOT_GONE -> {
        going.set(going.row(trace.a(event)), 1, 0);
        forget(trace.b(event), trace.c(event));
      }
      case RETURN -> {
        if (turning[task] >= 0) {
          gfns.set(gfns.row(turning[task]), EFFECTIVE, event + 1L);
          turning[task] = -1;
        }
      }
      default -> {}
    }
  }

  /** Who tracks a gfn while its slot goes may do so in the slot that goes: that holds for no leaf of another. */
  private boolean isGoing(long gfn) {
    for (int slot = 0; slot < going.size(); slot++) {
      long page = gfn - going.get(slot, 0);
      if (page >= 0 && page < going.get(slot, 1)) {
        return true;
      }
    }
    return false;
  }

  private void forget(long first, long count) {
    for (int gfn = 0; gfn < gfns.size(); gfn++) {
      long page = gfns.key(gfn) - first;
      if (page >= 0 && page < count) {
        forget(gfn);
      }
    }
  }

  /** The gfn is tracked no longer, nor will it be when a call under way returns. */
  private void forget(int gfn) {
    gfns.set(gfn, TURNED_ON, 0);
    gfns.set(gfn, EFFECTIVE, 0);
    for (int task = 0; task < TASKS_MAX; task++) {
      if (turning[task] == gfns.key(gfn)) {
        turning[task] = -1;
      }
    }
  }

  private void store(int event) {
    int gfn = gfns.size() == 0 ? -1 : gfns.find(trace().a(event));
    if (gfn < 0 || gfns.get(gfn, EFFECTIVE) == 0 || done()) {
      return;
    }
    String store = "guest store to gfn " + hex(trace().a(event));
    report(Severity.CORRUPTION, store + ", which is write-tracked, goes past KVM", RULE,
        List.of(tracked(gfn), returned(gfn), new Evidence(event, store)), List.of());
  }

  private Evidence tracked(int gfn) {
    return new Evidence((int) gfns.get(gfn, TURNED_ON) - 1, "gfn " + hex(gfns.key(gfn)) + " is write-tracked");
  }

  private Evidence returned(int gfn) {
    return new Evidence((int) gfns.get(gfn, EFFECTIVE) - 1, "the call that tracks it returns");
  }

  @Override
  public void end(Ending ending) {
    if (ending != Ending.QUIESCENT) {
      return;
    }
    for (int gfn = 0; gfn < gfns.size(); gfn++) {
      for (int entry = 0; entry < tables.entries() && gfns.get(gfn, EFFECTIVE) != 0 && !done(); entry++) {
        leftWritable(gfn, entry);
      }
    }
  }

  private void leftWritable(int gfn, int entry) {
    long offset = gfns.key(gfn) - tables.gfn(entry);
    if (offset >= 0 && offset < tables.pages(tables.level(entry)) && tables.liveLeaf(entry)
        && tables.format().writable(tables.value(entry))) {
      report(Severity.CORRUPTION, "TDP leaf left behind: gfn " + hex(gfns.key(gfn)) + " is writable, though it is"
          + " write-tracked", RULE, List.of(tracked(gfn),
              new Evidence(tables.event(entry), Traces.mapRole(trace(), tables.event(entry)))), List.of());
    }
  }
}
