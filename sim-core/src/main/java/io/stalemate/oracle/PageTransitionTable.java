package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Protected KVM's page transitions and host aborts against {@code page-transitions.tsv}. */
final class PageTransitionTable implements ConformanceTable {

  private static final String RULE = "page-transitions: ";

  private final PageOwners owners = new PageOwners();
  // By task: its open host abort, and the states that the page had since, a bit each.
  private final int[] abortAt = new int[Watch.TASKS_MAX];
  private final long[] abortPfn = new long[Watch.TASKS_MAX];
  private final int[] abortStates = new int[Watch.TASKS_MAX];

  @Override
  public Set<Tracepoint> points() {
    Set<Tracepoint> points = EnumSet.of(Tracepoint.HOST_MEM_ABORT, Tracepoint.HOST_MEM_ABORT_DONE);
    points.addAll(PageOwners.points());
    return points;
  }

  @Override
  public void begin() {
    owners.clear();
    Arrays.fill(abortPfn, -1);
  }

  @Override
  public void on(Trace trace, int event, Deviations deviations) {
    int task = trace.task(event);
    switch (trace.point(event)) {
      case HYP_MEMORY -> owners.memory(trace, event);
      case PKVM_TRANSITION -> {
        transition(trace, event, deviations);
        owners.transition(trace, event);
        for (int other = 0; other < abortPfn.length; other++) {
          if (abortPfn[other] >= 0) {
            abortStates[other] |= 1 << owners.state(abortPfn[other]);
          }
        }
      }
      case HOST_MEM_ABORT -> {
        abortAt[task] = event;
        abortPfn[task] = trace.b(event) >>> StageTwoEntry.PAGE_SHIFT;
        abortStates[task] = 1 << owners.state(abortPfn[task]);
      }
      case HOST_MEM_ABORT_DONE -> {
        abort(trace, event, deviations);
        abortPfn[task] = -1;
      }
      default -> {}
    }
  }

  /**
   * A call on several pages succeeds if it may on each, and else fails as the first page that refuses says; its range
   * may fail it too.
   */
  private void transition(Trace trace, int event, Deviations deviations) {
    long pfn = trace.b(event);
    long end = pfn + owners.pagesOf(trace, event);
    while (pfn < end - 1 && !owners.refuses(owners.row(pfn, (int) trace.a(event), trace.c(event)))) {
      pfn++;
    }
    int row = owners.row(pfn, (int) trace.a(event), trace.c(event));
    if (owners.rangeRefused(trace, event, row)) {
      range(trace, event, deviations);
      return;
    }
    if (!owners.agrees(row, trace.d(event))) {
      String call = owners.callName(trace.a(event));
      deviations.differs(call + " of page " + Watch.hex(pfn) + ", which is " + owners.stateName(owners.state(pfn))
          + ", yields " + PageOwners.errno(trace.d(event)) + "; the table says " + owners.outcome(row),
          RULE + owners.line(row),
          List.of(new Evidence(event, call + " of page " + Watch.hex(pfn)),
              new Evidence(owners.event(pfn), "what made the page " + owners.stateName(owners.state(pfn)))),
          List.of());
    }
  }

  private void range(Trace trace, int event, Deviations deviations) {
    if (!PageOwners.isRangeRefusal(trace.d(event))) {
      long pfn = trace.b(event);
      String call = owners.callName(trace.a(event));
      String pages = owners.pagesOf(trace, event) + " pages from " + Watch.hex(pfn);
      deviations.differs(call + " of " + pages + ", which lie in more than one region, yields "
          + PageOwners.errno(trace.d(event)) + "; the table says -EINVAL",
          RULE + "a range lies in one region",
          List.of(new Evidence(event, call + " of " + pages),
              new Evidence(owners.event(pfn), "what made page " + Watch.hex(pfn) + " "
                  + owners.stateName(owners.state(pfn)))),
          List.of());
    }
  }

  private void abort(Trace trace, int event, Deviations deviations) {
    int task = trace.task(event);
    List<String> rows = new ArrayList<>();
    for (int rest = abortStates[task]; rest != 0; rest &= rest - 1) {
      int row = owners.abortRow(Integer.numberOfTrailingZeros(rest));
      if (owners.agrees(row, trace.c(event))) {
        return;
      }
      rows.add(owners.line(row));
    }
    long pfn = abortPfn[task];
    deviations.differs("host abort on page " + Watch.hex(pfn) + ", which is " + owners.stateName(owners.state(pfn))
        + ", ends with " + PageOwners.errno(trace.c(event)), RULE + rows.getFirst(),
        List.of(new Evidence(event, "the end of the host's abort on page " + Watch.hex(pfn)),
            new Evidence(abortAt[task], "the abort"),
            new Evidence(owners.event(pfn), "what made the page " + owners.stateName(owners.state(pfn)))), List.of());
  }
}
