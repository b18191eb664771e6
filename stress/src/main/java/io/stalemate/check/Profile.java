package io.stalemate.check;

import io.stalemate.scenario.input.Nearest;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How much a check does: its figures unless an option says otherwise. Counted in schedules, not in time. */
public enum Profile {
  /** Before a push: less than a minute on two cores. */
  QUICK(2, 1_000, 1_000, 10_000),
  /** For every commit: some minutes on two cores, some millions of schedules of all built-in scenarios. */
  CI(2, 25_000, 25_000, 20_000),
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

  /**
   * Yields the profile that options call {@code word}, in capitals or not.
   *
   * @throws Refused (usage) if there is none
   */
  public static Profile of(String word) {
    List<String> words = new ArrayList<>();
    for (Profile profile : values()) {
      if (profile.word().equalsIgnoreCase(word)) {
        return profile;
      }
      words.add(profile.word());
    }
    throw Refused.usage("unknown profile " + Safe.quote(word) + "; "
        + Nearest.hint(word.toLowerCase(Locale.ROOT), words));
  }

  /** Yields what it does for each scenario. */
  public Limits limits() {
    return new Limits(bound, false, searchMax, schedules, goalSchedules);
  }
}
