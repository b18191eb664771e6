package io.stalemate.check;

import io.stalemate.check.FoundRace.Lock;
import io.stalemate.check.FoundRace.Place;
import io.stalemate.check.FoundRace.Step;
import io.stalemate.oracle.Evidence;
import io.stalemate.oracle.Finding;
import io.stalemate.report.InWords;
import io.stalemate.report.Steps;
import io.stalemate.session.Frame;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import io.stalemate.trace.TraceLines;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which events of a run its report steps through: those of tasks that touch memory, locks, TLBs or announce something.
 *
 * @param events their indices, in order
 * @param leftOut how many more there were than fit
 */
record FoundSteps(List<Integer> events, int leftOut) {

  /** Most events of one report, those that a finding names not counted. */
  static final int EVENTS_MAX = 2000;

  /**
   * Yields the events of {@code trace} for a report of {@code finding}. If they are too many, the last before the
   * finding are kept, and all that the finding names.
   */
  static FoundSteps of(Trace trace, Finding finding) {
    TreeSet<Integer> named = new TreeSet<>();
    for (Evidence evidence : finding.evidence()) {
      if (evidence.event() >= 0 && evidence.event() < trace.size()) {
        named.add(evidence.event());
      }
    }
    List<Integer> shown = new ArrayList<>();
    int end = 0;
    for (int event = 0; event < trace.size(); event++) {
      if (trace.task(event) != Trace.BOOT && isShown(trace.op(event))) {
        shown.add(event);
        end = named.isEmpty() || event <= named.last() ? shown.size() : end;
      }
    }
    int first = Math.max(0, Math.max(end, Math.min(shown.size(), EVENTS_MAX)) - EVENTS_MAX);
    TreeSet<Integer> kept = new TreeSet<>(shown.subList(first, Math.min(shown.size(), first + EVENTS_MAX)));
    kept.addAll(named);
    TreeSet<Integer> all = new TreeSet<>(shown);
    all.addAll(named);
    return new FoundSteps(List.copyOf(kept), all.size() - kept.size());
  }

  private static boolean isShown(Op op) {
    return switch (op) {
      // Blocked tasks do nothing: they show by their absence.
      case BLOCKED, ASSERT_HELD, PREEMPT_OFF, PREEMPT_ON, IRQS, MIGHT_SLEEP, LOCKDEP_ACQUIRE, LOCKDEP_RELEASE,
          LOCKDEP_WAIT, TASK_END -> false;
      default -> true;
    };
  }

  /** Yields them for a reader; {@code stacks} may lack some. */
  List<Step> withStacks(TraceLines lines, Finding finding, Map<Integer, List<Frame>> stacks) {
    Trace trace = lines.trace();
    Map<Integer, String> roles = new TreeMap<>();
    finding.evidence().forEach(evidence -> roles.merge(evidence.event(), evidence.role(), (a, b) -> a + "; " + b));
    List<Step> steps = new ArrayList<>();
    int before = Trace.BOOT;
    for (int event : events) {
      int task = trace.task(event);
      List<Frame> stack = stacks.getOrDefault(event, List.of());
      steps.add(new Step(Steps.of(lines, event), trace.taskName(task), InWords.inFull(lines, event),
          stack.stream().map(Frame::function).toList(),
          stack.stream().findFirst().map(frame -> new Place(frame.function(), frame.file())),
          roles.getOrDefault(event, ""), before != Trace.BOOT && task != before, lock(trace, event)));
      before = task;
    }
    return steps;
  }

  private static Lock lock(Trace trace, int event) {
    return switch (trace.op(event)) {
      case SPIN_LOCK, MUTEX_LOCK, READ_LOCK, WRITE_LOCK, DOWN_READ, DOWN_WRITE, SRCU_READ_LOCK, RCU_READ_LOCK ->
          Lock.ACQUIRE;
      case SPIN_TRYLOCK, MUTEX_TRYLOCK, DOWN_READ_TRYLOCK -> trace.a(event) == 1 ? Lock.ACQUIRE : Lock.NONE;
      case SPIN_UNLOCK, MUTEX_UNLOCK, READ_UNLOCK, WRITE_UNLOCK, UP_READ, UP_WRITE, SRCU_READ_UNLOCK,
          RCU_READ_UNLOCK -> Lock.RELEASE;
      default -> Lock.NONE;
    };
  }
}
