package io.stalemate.check;

import java.util.Locale;

/** How much a check does: its figures unless an option says otherwise. Counted in schedules, not in time. */
public enum Profile {
  /** Before a push: about a minute on two cores. */
  QUICK(2, 1_000, 1_000, 10_000),
  /** For every commit: some minutes on two cores, more than a million schedules of all built-in scenarios. */
  CI(2, 15_000, 9_200, 20_000),
  /** Overnight: hours on two cores. */
  NIGHTLY(3, 500_000, 1_000_000, 1_000_000);

  private final int bound;
  private final long searchMax;
  private final long schedules;
  private final long goalSchedules;

  Profile(int bound, long searchMax, long schedules, long goalSchedules) {
    this.bound = bound;
    this.searchMax = searchMax;
    this.schedules = schedules;
    this.goalSchedules = goalSchedules;
  }

  /** The name as options have it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Yields what it does for each scenario. */
  public Limits limits() {
    return new Limits(bound, false, searchMax, schedules, goalSchedules);
  }
}
