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
      if (!is(trace, event, Tracepoint.S2_SET_PTE)) {
        continue;
      }
      int level = (int) trace.b(event);
      long offset = gfn - trace.a(event);
      if (offset >= 0
          && offset < tables.pages(level)
          && StageTwoEntry.leaf(level, trace.d(event))
          && StageTwoEntry.pfn(trace.d(event)) + offset == pfn) {
        return event;
      }
    }
    return -1;
  }

  /** What {@code S2_SET_PTE} did. */
  static String mapRole(Trace trace, int event) {
    long level = trace.b(event);
    String entry = "gfn " + Watch.hex(trace.a(event)) + " level " + level;
    long pte = trace.d(event);
    if (!StageTwoEntry.valid(pte)) {
      return "stage-2 unmap of " + entry;
    }
    String kind = StageTwoEntry.table((int) level, pte) ? " -> table " : " -> pfn ";
    return "stage-2 map of " + entry + kind + Watch.hex(StageTwoEntry.pfn(pte));
  }

  static boolean is(Trace trace, int event, Tracepoint point) {
    return trace.op(event) == Op.TRACE && trace.point(event) == point;
  }
}
