package io.stalemate.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where two traces part.
 *
 * @param event index of the first event that differs; the number of events if only tasks or objects differ
 * @param step number of choices before it
 * @param before up to {@link #LINES_BEFORE} lines that precede it in both
 * @param left its line in the first trace, or what is there instead
 * @param right its line in the second trace, or what is there instead
 */
public record TraceDiff(int event, int step, List<String> before, String left, String right) {

  /** Lines of common history that are shown. */
  public static final int LINES_BEFORE = 3;

  /** Takes a copy of the lines. */
  public TraceDiff {
    before = List.copyOf(before);
  }

  /** Yields the first difference; empty if the traces are equal event for event, in tasks and number of objects. */
  public static Optional<TraceDiff> first(Trace left, Trace right) {
    int shorter = Math.min(left.size(), right.size());
    int event = 0;
    while (event < shorter && same(left, right, event)) {
      event++;
    }
    boolean ended = event == left.size() && event == right.size();
    if (ended && left.tasks().equals(right.tasks()) && left.objects().size() == right.objects().size()) {
      return Optional.empty();
    }
    TraceLines leftLines = new TraceLines(left);
    List<String> before = new ArrayList<>();
    for (int i = Math.max(0, event - LINES_BEFORE); i < event; i++) {
      before.add(leftLines.line(i));
    }
    return Optional.of(new TraceDiff(
        event,
        left.step(event),
        before,
        line(left, leftLines, event, ended),
        line(right, new TraceLines(right), event, ended)));
  }

  private static boolean same(Trace left, Trace right, int event) {
    return left.opcode(event) == right.opcode(event)
        && left.task(event) == right.task(event)
        && left.object(event) == right.object(event)
        && left.a(event) == right.a(event)
        && left.b(event) == right.b(event)
        && left.c(event) == right.c(event)
        && left.d(event) == right.d(event);
  }

  private static String line(Trace trace, TraceLines lines, int event, boolean ended) {
    if (ended) {
      return "tasks " + String.join(" ", trace.tasks()) + ", " + trace.objects().size() + " objects";
    }
    return event < trace.size() ? lines.line(event) : "ends after " + event + " events";
  }
}
