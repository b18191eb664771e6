package io.stalemate.report;

import io.stalemate.scenario.input.Safe;
import io.stalemate.trace.Trace;
import io.stalemate.trace.TraceLines;

/** How reports number events and name tasks: an event that was no choice belongs to the step before it. */
public final class Steps {

  private Steps() {}

  /** Yields the step that event {@code event} belongs to; -1 before the first. */
  public static int of(TraceLines lines, int event) {
    return lines.trace().isStep(event) ? lines.step(event) : lines.step(event) - 1;
  }

  /** Yields {@code at step 12}, or where an event stands that belongs to none. */
  static String place(TraceLines lines, int event) {
    int step = of(lines, event);
    return step < 0 ? "before step 0" : "at step " + step;
  }

  /** Yields the name of task {@code task}, whatever the number. */
  static String task(Trace trace, int task) {
    return task == Trace.BOOT || (task >= 0 && task < trace.tasks().size())
        ? Safe.print(trace.taskName(task))
        : "task" + task;
  }
}
