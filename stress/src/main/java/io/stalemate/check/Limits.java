package io.stalemate.check;

/**
 * How much a check does for each of its scenarios.
 *
 * @param bound most preemptions of a schedule that the search goes to
 * @param mustClose whether not closing {@code bound} makes the check INCONCLUSIVE; else it is only said
 * @param searchMax most schedules of one search; a bound that will take more is left out
 * @param schedules of a scenario in all: what the search leaves, and half of them in any case, is the portfolio's
 * @param goalSchedules most schedules besides, as long as a goal was not reached
 */
public record Limits(int bound, boolean mustClose, long searchMax, long schedules, long goalSchedules) {

  /** Yields the same but with a search that must close {@code demanded}. */
  public Limits closing(int demanded) {
    return new Limits(demanded, true, searchMax, schedules, goalSchedules);
  }

  /** Yields the same but with searches of at most {@code most}. */
  public Limits searching(long most) {
    return new Limits(bound, mustClose, most, schedules, goalSchedules);
  }

  /** Yields the same but with at most so many schedules in all, the search's half included; at least 2. */
  public Limits exactly(long number) {
    return new Limits(bound, mustClose, Math.min(searchMax, number / 2), number, 0);
  }

  /** Yields how many schedules the portfolio gets after a search of {@code searched}. */
  long portfolio(long searched) {
    return Math.max(schedules - searched, (schedules + 1) / 2);
  }
}
