package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Trace;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * An asynchronous page fault is replayed as the fault that it was: with all of its error code since v6.11, and with
 * none before. Private memory needs no I/O, so no fault of it goes on in the background.
 */
final class AsyncFaultRules implements ConformanceTable {

  private static final String REPLAY_RULE = "the replay of an asynchronous page fault knows what its era keeps";
  private static final String PRIVATE_RULE = "no private page fault is asynchronous";
  private static final int NONE = -1;

  /** Ordinal of the era from which on works keep the error code. */
  private static final int V6_12 = 3;
  private static final long PRIVATE_ACCESS = 1L << 49;
  private static final int GFN_BITS = 40;

  // Of works, by vCPU and gfn, of which there is one at a time: the fault's event and the set-up's.
  private static final int FAULT = 0;
  private static final int SETUP = 1;

  private final KeyedRows works = new KeyedRows(2);
  // By task: the last fault.
  private final int[] fault = new int[Watch.TASKS_MAX];
  private boolean keepsErrorCode;

  @Override
  public Set<Tracepoint> points() {
    return EnumSet.of(
        Tracepoint.CREATE_VM, Tracepoint.X86_FAULT, Tracepoint.ASYNC_PF_SETUP, Tracepoint.ASYNC_PF_READY);
  }

  @Override
  public void begin() {
    works.clear();
    Arrays.fill(fault, NONE);
    keepsErrorCode = false;
  }

  @Override
  public void on(Trace trace, int event, Deviations deviations) {
    switch (trace.point(event)) {
      case CREATE_VM -> keepsErrorCode = trace.a(event) >= V6_12;
      case X86_FAULT -> fault[trace.task(event)] = event;
      case ASYNC_PF_SETUP -> setup(trace, event, deviations);
      case ASYNC_PF_READY -> ready(trace, event, deviations);
      default -> {}
    }
  }

  private void setup(Trace trace, int event, Deviations deviations) {
    int open = fault[trace.task(event)];
    if (open == NONE) {
      return;
    }
    int work = works.row(key(trace, event));
    works.set(work, FAULT, open);
    works.set(work, SETUP, event);
    if ((trace.c(open) & PRIVATE_ACCESS) != 0) {
      deviations.differs("private page fault at " + Watch.hex(trace.b(open)) + " goes on in the background",
          PRIVATE_RULE, List.of(new Evidence(event, "the fault goes on in the background"),
              new Evidence(open, "the fault")), List.of());
    }
  }

  private void ready(Trace trace, int event, Deviations deviations) {
    int work = works.find(key(trace, event));
    if (work < 0) {
      return;
    }
    int open = (int) works.get(work, FAULT);
    long expected = keepsErrorCode ? trace.c(open) : 0;
    if (trace.c(event) != expected) {
      deviations.differs("page fault at " + Watch.hex(trace.b(open)) + " is replayed with error code "
          + Watch.hex(trace.c(event)) + ", expected " + Watch.hex(expected), REPLAY_RULE,
          List.of(new Evidence(event, "the replay"), new Evidence((int) works.get(work, SETUP),
              "the fault goes on in the background"), new Evidence(open, "the fault")), List.of());
    }
  }

  private static long key(Trace trace, int event) {
    return trace.a(event) << GFN_BITS | trace.b(event);
  }
}
