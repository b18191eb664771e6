package io.stalemate.strategy;

import java.util.Arrays;

/**
 * A schedule, written as its deviations from {@link Replay}'s rule "the current task goes on until it blocks, ends or
 * begins another round of a retry loop": the steps at which another task goes on instead. Grows with the number of
 * preemptions, not with the length of the run.
 *
 * @param steps steps of the deviations, ascending
 * @param tasks the task chosen at each
 */
public record Schedule(int[] steps, int[] tasks) {

  /** Checks the shape. */
  public Schedule {
    if (steps.length != tasks.length) {
      throw new IllegalArgumentException(steps.length + " steps but " + tasks.length + " tasks");
    }
  }

  /** Number of deviations. */
  public int size() {
    return steps.length;
  }

  /** Yields the schedule without deviation {@code index}. */
  public Schedule without(int index) {
    int[] fewerSteps = new int[steps.length - 1];
    int[] fewerTasks = new int[steps.length - 1];
    for (int i = 0, j = 0; i < steps.length; i++) {
      if (i != index) {
        fewerSteps[j] = steps[i];
        fewerTasks[j++] = tasks[i];
      }
    }
    return new Schedule(fewerSteps, fewerTasks);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Schedule that && Arrays.equals(steps, that.steps) && Arrays.equals(tasks, that.tasks);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(steps) + Arrays.hashCode(tasks);
  }

  @Override
  public String toString() {
    return "Schedule" + Arrays.toString(steps) + Arrays.toString(tasks);
  }
}
