package io.stalemate.scenario.token;

/**
 * A place where a schedule does not just let the current task run on.
 *
 * @param step the choice, counted from 0
 * @param task the task chosen there, 0 to 15 in the order of the scenario
 */
public record Deviation(int step, int task) {
  public Deviation {
    if (step < 0 || task < 0 || task > 15) {
      throw new IllegalArgumentException("deviation at step " + step + " to task " + task);
    }
  }
}
