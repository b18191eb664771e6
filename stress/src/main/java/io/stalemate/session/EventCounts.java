package io.stalemate.session;

import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.machine.Tracepoint;
import io.stalemate.scenario.condition.Counts;
import io.stalemate.trace.Trace;
import java.util.Arrays;

/** Counts the tracepoints of a run, for outcomes and goals. */
final class EventCounts implements Counts {

  private static final int TASKS = 64;
  private static final int ACTIONS = 64;
  private static final int RETURN = Tracepoint.RETURN.ordinal();
  private static final int VCPU_EXIT = Tracepoint.VCPU_EXIT.ordinal();

  private final long[][] counts = new long[Tracepoint.values().length][TASKS];
  private final long[] totals = new long[Tracepoint.values().length];
  private final long[][] exits = new long[ExitReason.values().length][TASKS];
  private final long[][] returned = new long[TASKS][ACTIONS];
  private final int[] actions = new int[TASKS];

  /** Forgets the last run. */
  void clear() {
    for (int point = 0; point < totals.length; point++) {
      if (totals[point] != 0) {
        Arrays.fill(counts[point], 0);
        totals[point] = 0;
        if (point == VCPU_EXIT) {
          for (long[] ofReason : exits) {
            Arrays.fill(ofReason, 0);
          }
        }
      }
    }
    for (int task = 0; task < TASKS; task++) {
      if (actions[task] != 0) {
        Arrays.fill(returned[task], 0, actions[task], NOT_RETURNED);
        actions[task] = 0;
      }
    }
  }

  /** Takes in a tracepoint event of a task; what happens while the world is set up does not count. */
  void on(Trace trace, int event) {
    int task = trace.task(event);
    if (task == Trace.BOOT) {
      return;
    }
    int point = trace.object(event);
    counts[point][task]++;
    totals[point]++;
    if (point == VCPU_EXIT) {
      exits[(int) trace.b(event)][task]++;
    }
    if (point == RETURN) {
      int action = (int) trace.a(event);
      for (int i = actions[task]; i < action; i++) {
        returned[task][i] = NOT_RETURNED;
      }
      returned[task][action] = trace.b(event);
      actions[task] = Math.max(actions[task], action + 1);
    }
  }

  @Override
  public long count(Tracepoint point, int task) {
    return task == ANY_TASK ? totals[point.ordinal()] : counts[point.ordinal()][task];
  }

  @Override
  public long exits(int reason, int task) {
    if (task != ANY_TASK) {
      return exits[reason][task];
    }
    long total = 0;
    for (long ofTask : exits[reason]) {
      total += ofTask;
    }
    return total;
  }

  @Override
  public long returned(int task, int action) {
    return action < actions[task] ? returned[task][action] : NOT_RETURNED;
  }
}
