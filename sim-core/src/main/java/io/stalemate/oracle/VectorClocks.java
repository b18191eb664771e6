package io.stalemate.oracle;

import java.util.Arrays;

/**
 * What each task knows of the others' pasts, and snapshots of that. A task's time is the number of an event, plus one,
 * so that a time also names the event; 0 is "nothing". After FastTrack (Flanagan and Freund, PLDI 2009), where most
 * questions need one number of a clock, not all.
 *
 * <p>Snapshots are rows that never change once taken, named by number from 1, and all gone with {@link #clear}. Each is
 * one task's knowledge at one time, so "is all of it known" is one comparison.
 */
final class VectorClocks {

  /** No snapshot. */
  static final int NONE = 0;

  private static final int WIDTH_MIN = 8;

  // Entries of a row: a power of two that the tasks fit into, small so that rows share cache lines.
  private int width = WIDTH_MIN;
  private int[] clocks = new int[Watch.TASKS_MAX * WIDTH_MIN];
  private int[] rows = new int[64 * WIDTH_MIN];
  // Whose snapshot a row is, taken when; -1 for a row of many.
  private int[] owners = new int[64];
  private int[] times = new int[64];
  private int size = 1;
  private int tasks;

  /** Forgets everything; costs as much as was used. */
  void clear() {
    Arrays.fill(clocks, 0, tasks * width, 0);
    size = 1;
    tasks = 0;
  }

  /** {@code task} takes part from now on. */
  void seen(int task) {
    if (task < tasks) {
      return;
    }
    if (task >= width) {
      int wider = Integer.highestOneBit(task) * 2;
      clocks = widened(clocks, Watch.TASKS_MAX, wider);
      rows = widened(rows, owners.length, wider);
      width = wider;
    }
    tasks = task + 1;
  }

  private int[] widened(int[] narrow, int count, int wider) {
    int[] wide = new int[count * wider];
    for (int row = 0; row < count; row++) {
      System.arraycopy(narrow, row * width, wide, row * wider, width);
    }
    return wide;
  }

  /** Number of tasks that take part. */
  int tasks() {
    return tasks;
  }

  /** Whether {@code task} knows of what {@code other} did at {@code time}. */
  boolean knows(int task, int other, int time) {
    return task == other || clocks[task * width + other] >= time;
  }

  /** Yields a snapshot of what {@code task} knows at {@code time}, its own past included. */
  int snapshot(int task, int time) {
    int row = newRow();
    clocks[task * width + task] = time;
    System.arraycopy(clocks, task * width, rows, row * width, width);
    owners[row] = task;
    times[row] = time;
    return row;
  }

  /** Whether {@code task} knows all of {@code row}, as far as one comparison can tell. */
  boolean knowsAll(int task, int row) {
    int owner = owners[row];
    return owner >= 0 && knows(task, owner, times[row]);
  }

  /** {@code task} learns all of {@code row}, which may be {@link #NONE}. */
  void learn(int task, int row) {
    if (row == NONE) {
      return;
    }
    // Snapshots of one task only grow: who knows as much of the owner's time knows the rest.
    if (knowsAll(task, row)) {
      return;
    }
    int to = task * width;
    int from = row * width;
    for (int i = 0; i < tasks; i++) {
      if (rows[from + i] > clocks[to + i]) {
        clocks[to + i] = rows[from + i];
      }
    }
  }

  /** Yields {@code into} with {@code row} merged in: a row of many owners that may change. Either may be none. */
  int merged(int into, int row) {
    if (row == NONE) {
      return into;
    }
    int target = into;
    if (target == NONE) {
      target = newRow();
      owners[target] = -1;
      Arrays.fill(rows, target * width, (target + 1) * width, 0);
    }
    for (int i = 0; i < tasks; i++) {
      rows[target * width + i] = Math.max(rows[target * width + i], rows[row * width + i]);
    }
    return target;
  }

  /** Yields {@code into}, or a new row, with {@code task}'s entry set to {@code time}. */
  int with(int into, int task, int time) {
    int target = into;
    if (target == NONE) {
      target = newRow();
      owners[target] = -1;
      Arrays.fill(rows, target * width, (target + 1) * width, 0);
    }
    rows[target * width + task] = time;
    return target;
  }

  /** Yields {@code task}'s time in {@code row}. */
  int time(int row, int task) {
    return rows[row * width + task];
  }

  private int newRow() {
    int row = size++;
    if (row == owners.length) {
      owners = Arrays.copyOf(owners, row * 2);
      times = Arrays.copyOf(times, row * 2);
      rows = Arrays.copyOf(rows, row * 2 * width);
    }
    return row;
  }
}
