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

  private static final int WIDTH = Watch.TASKS_MAX;

  private final int[] clocks = new int[WIDTH * WIDTH];
  private int[] rows = new int[64 * WIDTH];
  private int[] owners = new int[64];
  private int size = 1;
  // Tasks seen so far: all else is zero, so that copies stay short.
  private int tasks;

  /** Forgets everything; costs as much as was used. */
  void clear() {
    for (int task = 0; task < tasks; task++) {
      Arrays.fill(clocks, task * WIDTH, task * WIDTH + tasks, 0);
    }
    size = 1;
    tasks = 0;
  }

  /** {@code task} takes part from now on. */
  void seen(int task) {
    if (task >= tasks) {
      for (int row = 1; row < size; row++) {
        Arrays.fill(rows, row * WIDTH + tasks, row * WIDTH + task + 1, 0);
      }
      tasks = task + 1;
    }
  }

  /** Number of tasks that take part. */
  int tasks() {
    return tasks;
  }

  /** Whether {@code task} knows of what {@code other} did at {@code time}. */
  boolean knows(int task, int other, int time) {
    return task == other || clocks[task * WIDTH + other] >= time;
  }

  /** Yields a snapshot of what {@code task} knows at {@code time}, its own past included. */
  int snapshot(int task, int time) {
    int row = newRow();
    clocks[task * WIDTH + task] = time;
    System.arraycopy(clocks, task * WIDTH, rows, row * WIDTH, tasks);
    owners[row] = task;
    return row;
  }

  /** Whether {@code task} knows all of {@code row}, as far as one comparison can tell. */
  boolean knowsAll(int task, int row) {
    int owner = owners[row];
    return owner >= 0 && knows(task, owner, rows[row * WIDTH + owner]);
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
    int to = task * WIDTH;
    int from = row * WIDTH;
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
      Arrays.fill(rows, target * WIDTH, target * WIDTH + tasks, 0);
    }
    for (int i = 0; i < tasks; i++) {
      rows[target * WIDTH + i] = Math.max(rows[target * WIDTH + i], rows[row * WIDTH + i]);
    }
    return target;
  }

  /** Yields {@code into}, or a new row, with {@code task}'s entry set to {@code time}. */
  int with(int into, int task, int time) {
    int target = into;
    if (target == NONE) {
      target = newRow();
      owners[target] = -1;
      Arrays.fill(rows, target * WIDTH, target * WIDTH + tasks, 0);
    }
    rows[target * WIDTH + task] = time;
    return target;
  }

  /** Yields {@code task}'s time in {@code row}. */
  int time(int row, int task) {
    return rows[row * WIDTH + task];
  }

  private int newRow() {
    int row = size++;
    if (row == owners.length) {
      owners = Arrays.copyOf(owners, row * 2);
      rows = Arrays.copyOf(rows, row * 2 * WIDTH);
    }
    return row;
  }
}
