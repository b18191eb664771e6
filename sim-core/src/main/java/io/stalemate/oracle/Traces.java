package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;

/** Looking back in a trace once there is something to report, and saying what an event did. */
final class Traces {

  private Traces() {}

  /** Yields the last event before {@code before} that installed a leaf from {@code gfn} to {@code pfn}, or -1. */
  static int lastMap(Trace trace, int before, long gfn, long pfn, StageTwo tables) {
    for (int event = before - 1; event >= 0; event--) {
      if (!is(trace, event, Tracepoint.S2_SET_PTE) && !is(trace, event, Tracepoint.TDP_SET_SPTE)) {
        continue;
      }
      StageTwoFormat format = tables.format();
      int level = (int) trace.b(event);
      long offset = gfn - trace.a(event);
      if (offset >= 0
          && offset < tables.pages(level)
          && format.leaf(level, trace.d(event))
          && format.pfn(trace.d(event)) + offset == pfn) {
        return event;
      }
    }
    return -1;
  }

  /** What {@code S2_SET_PTE} or {@code TDP_SET_SPTE} did. */
  static String mapRole(Trace trace, int event) {
    StageTwoFormat format = StageTwoFormat.of(trace.point(event));
    int level = (int) trace.b(event);
    String entry = "gfn " + Watch.hex(trace.a(event)) + " level " + level;
    long pte = trace.d(event);
    boolean table = format.table(level, pte);
    if (!table && !format.leaf(level, pte)) {
      return format.stage() + " unmap of " + entry;
    }
    String kind = table ? " -> table " : " -> pfn ";
    return format.stage() + " map of " + entry + kind + Watch.hex(format.pfn(pte));
  }

  static boolean is(Trace trace, int event, Tracepoint point) {
    return trace.op(event) == Op.TRACE && trace.point(event) == point;
  }

  /** Yields the access to a page's data that KVM did for a guest before it said so in {@code EMULATE}; -1 if none. */
  static int emulatedAccess(Trace trace, int emulate) {
    boolean store = trace.c(emulate) != 0;
    for (int event = emulate - 1; event >= 0; event--) {
      if (trace.task(event) != trace.task(emulate)) {
        continue;
      }
      if (is(trace, event, Tracepoint.GUEST_ACCESS)) {
        return -1;
      }
      boolean fits = store ? writes(trace.op(event)) : reads(trace.op(event));
      if (fits && trace.objects().baseName(trace.object(event)).equals("page")) {
        return event;
      }
    }
    return -1;
  }

  private static boolean reads(Op op) {
    return op == Op.READ || op == Op.READ_ONCE;
  }

  private static boolean writes(Op op) {
    return op == Op.WRITE || op == Op.WRITE_ONCE;
  }
}
