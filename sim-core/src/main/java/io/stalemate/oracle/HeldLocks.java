package io.stalemate.oracle;

import io.stalemate.trace.ObjectKind;
import io.stalemate.trace.Trace;
import java.util.Arrays;

/** The locks and read sections each task holds, oldest first, by the events that took them. */
final class HeldLocks {

  private static final int NONE = -1;

  private final int[][] held = new int[Watch.TASKS_MAX][8];
  private final int[] depths = new int[Watch.TASKS_MAX];

  void clear() {
    Arrays.fill(depths, 0);
  }

  /** Number of locks {@code task} holds. */
  int depth(int task) {
    return depths[task];
  }

  /** The event by which {@code task} took its {@code index}-th lock. */
  int event(int task, int index) {
    return held[task][index];
  }

  /** {@code task} takes what event {@code event} is about. */
  void take(int task, int event) {
    int depth = depths[task]++;
    if (depth == held[task].length) {
      held[task] = Arrays.copyOf(held[task], depth * 2);
    }
    held[task][depth] = event;
  }

  /** {@code task} lets go of {@code object}, taken last; yields the event that took it, or -1 if it was not held. */
  int drop(Trace trace, int task, int object) {
    int[] mine = held[task];
    for (int i = depths[task] - 1; i >= 0; i--) {
      int event = mine[i];
      if (trace.object(event) == object) {
        depths[task]--;
        System.arraycopy(mine, i + 1, mine, i, depths[task] - i);
        return event;
      }
    }
    return NONE;
  }

  /** Yields the event by which {@code task} holds {@code object}, or -1. */
  int find(Trace trace, int task, int object) {
    for (int i = depths[task] - 1; i >= 0; i--) {
      if (trace.object(held[task][i]) == object) {
        return held[task][i];
      }
    }
    return NONE;
  }

  /** What {@code task} holds, as a splat prints it: {@code mmu_lock(read) srcu}. */
  String say(Trace trace, int task) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < depths[task]; i++) {
      text.append(i == 0 ? "" : "  ").append(name(trace, held[task][i]));
    }
    return depths[task] == 0 ? "nothing" : text.toString();
  }

  /** The lock that {@code event} took and, where there are two ways, how. */
  static String name(Trace trace, int event) {
    String name = trace.objects().name(trace.object(event));
    ObjectKind kind = trace.objects().kind(trace.object(event));
    if (kind != ObjectKind.RWLOCK && kind != ObjectKind.RWSEM) {
      return name;
    }
    return name + (Acquire.of(trace.op(event)).exclusive() ? "(write)" : "(read)");
  }
}
