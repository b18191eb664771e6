package io.stalemate.oracle;

import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Who waits for whom after the last event of a trace; made once there is something to explain. */
final class WaitGraph {

  private static final int NONE = -1;

  private final Trace trace;
  private final HeldLocks held = new HeldLocks();
  private final int tasks;
  private final int[] last;
  private final boolean[] ended;
  // Since when a task has been woken, or a completion completed, by event; and where grace periods started.
  private final int[] wokenAt;
  private final int[] graceAt;
  private final int[] queuedOn;

  /** Reads {@code trace} to its end. */
  WaitGraph(Trace trace) {
    this.trace = trace;
    this.tasks = trace.tasks().size();
    this.last = new int[tasks];
    this.ended = new boolean[tasks];
    this.wokenAt = new int[tasks];
    this.graceAt = new int[tasks];
    this.queuedOn = new int[tasks];
    Arrays.fill(last, NONE);
    Arrays.fill(wokenAt, NONE);
    Arrays.fill(queuedOn, NONE);
    for (int event = 0; event < trace.size(); event++) {
      if (trace.task(event) < tasks) {
        take(event, trace.task(event));
      }
    }
  }

  private void take(int event, int task) {
    Op op = trace.op(event);
    last[task] = event;
    if (Acquire.holds(op) && !(Acquire.tries(op) && trace.a(event) == 0)) {
      held.take(task, event);
      queuedOn[task] = NONE;
    } else if (Acquire.releases(op)) {
      held.drop(trace, task, trace.object(event));
    }
    switch (op) {
      case TASK_END -> ended[task] = true;
      case SRCU_GP_START, RCU_GP_START -> graceAt[task] = event;
      case WRITE_LOCK_QUEUED, DOWN_WRITE_QUEUED -> queuedOn[task] = trace.object(event);
      case WAKE_UP -> {
        for (int sleeper = 0; sleeper < tasks; sleeper++) {
          if ((trace.a(event) >>> sleeper & 1) != 0) {
            wokenAt[sleeper] = event;
          }
        }
      }
      default -> {}
    }
  }

  /** What {@code task} holds. */
  String holds(int task) {
    return held.say(trace, task);
  }

  /** Yields the tasks that have not ended, but for those that only wait for work. */
  List<Integer> unfinished() {
    List<Integer> unfinished = new ArrayList<>();
    for (int task = 0; task < tasks; task++) {
      if (!ended[task] && !(isBlocked(task) && announced(task) == Op.RCU_CALLBACK)) {
        unfinished.add(task);
      }
    }
    return unfinished;
  }

  /** Whether the last thing known of {@code task} is that it could not proceed. */
  boolean isBlocked(int task) {
    return last[task] != NONE && trace.op(last[task]) == Op.BLOCKED;
  }

  /** The last event of {@code task}, or -1. */
  int last(int task) {
    return last[task];
  }

  /** What a blocked task is about to do. */
  Op announced(int task) {
    return Op.of((int) trace.a(last[task]));
  }

  /** Whether a blocked task sleeps until somebody wakes it, and nobody has. */
  boolean isAsleep(int task) {
    if (!isBlocked(task)) {
      return false;
    }
    return switch (announced(task)) {
      case SCHEDULE -> wokenAt[task] < last[task];
      case WAIT_COMPLETION -> !completedSince(trace.object(last[task]), last[task]);
      default -> false;
    };
  }

  private boolean completedSince(int object, int since) {
    for (int event = since; event < trace.size(); event++) {
      if (trace.op(event) == Op.COMPLETE && trace.object(event) == object) {
        return true;
      }
    }
    return false;
  }

  /** Yields the tasks that a blocked task waits for; empty if it is asleep, or could proceed by now. */
  List<Integer> waitsFor(int task) {
    List<Integer> others = new ArrayList<>();
    if (!isBlocked(task)) {
      return others;
    }
    for (int other = 0; other < tasks; other++) {
      if (holdsBack(other, task)) {
        others.add(other);
      }
    }
    return others;
  }

  private boolean holdsBack(int other, int task) {
    int object = trace.object(last[task]);
    int holding = held.find(trace, other, object);
    return switch (announced(task)) {
      case SPIN_LOCK, MUTEX_LOCK, WRITE_LOCK, DOWN_WRITE -> holding >= 0;
      case READ_LOCK, DOWN_READ ->
          (holding >= 0 && Acquire.of(trace.op(holding)).exclusive()) || (other != task && queuedOn[other] == object);
      case SRCU_GP_END, RCU_GP_END -> holding >= 0 && holding < graceAt[task];
      default -> false;
    };
  }

  /** Yields a cycle of tasks that wait for each other, or an empty list. */
  List<Integer> cycle() {
    for (int task = 0; task < tasks; task++) {
      List<Integer> path = new ArrayList<>();
      if (!ended[task] && reaches(task, task, path, new boolean[tasks])) {
        return path;
      }
    }
    return List.of();
  }

  private boolean reaches(int from, int goal, List<Integer> path, boolean[] seen) {
    path.add(from);
    for (int next : waitsFor(from)) {
      if (next == goal) {
        return true;
      }
      if (!seen[next]) {
        seen[next] = true;
        if (reaches(next, goal, path, seen)) {
          return true;
        }
      }
    }
    path.removeLast();
    return false;
  }

  /** Who waits for what, in words. */
  String say(int task) {
    return trace.taskName(task) + " " + does(task);
  }

  /** What {@code task} waits for, in words that leave its name out. */
  String does(int task) {
    if (!isBlocked(task)) {
      return "waits for what was free when it asked";
    }
    String object = trace.objects().name(trace.object(last[task]));
    return switch (announced(task)) {
      case SRCU_GP_END, RCU_GP_END -> "waits for readers of " + object;
      case SCHEDULE -> "sleeps in schedule()";
      case WAIT_COMPLETION -> "waits for completion " + object;
      case IPI_WAIT -> "waits for an interrupt to be taken on " + object;
      case READ_LOCK, DOWN_READ -> "waits for " + object + "(read)";
      case WRITE_LOCK, DOWN_WRITE -> "waits for " + object + "(write)";
      default -> "waits for " + object;
    };
  }

  /** The event by which {@code holder} holds what {@code waiter} waits for, or -1. */
  int holding(int holder, int waiter) {
    return held.find(trace, holder, trace.object(last[waiter]));
  }
}
