package io.stalemate.check;

import io.stalemate.session.Runner;
import io.stalemate.session.Search;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A search for one bound after another, as far as it pays: a bound that is not likely to close within the limit is not
 * begun, so that its schedules are the portfolio's. Where closing is demanded, everything is tried.
 *
 * @param result of the last search, which holds those before it
 * @param schedulesMax limit of that search
 * @param expected about how many schedules the bound after {@code result} takes; 0 if it was not left out
 */
record Deepening(Search.Result result, long schedulesMax, long expected) {

  /** Share of the limit that the bounds 0 and 1 may take: what takes more does not close bound 2. */
  private static final long FIRST_SHARE = 5;

  /** Searches in {@code runner}. */
  static Deepening of(Runner runner, Limits limits, BooleanSupplier stop) {
    if (limits.mustClose() || limits.bound() <= 1) {
      return search(runner, limits.bound(), limits.searchMax(), stop);
    }
    Deepening last = search(runner, 1, Math.max(1, limits.searchMax() / FIRST_SHARE), stop);
    for (int bound = 2; bound <= limits.bound() && last.goesOn(); bound++) {
      long expected = expected(last.result().schedules());
      if (last.result().tally().runs() + expected > limits.searchMax()) {
        return new Deepening(last.result(), last.schedulesMax(), expected);
      }
      last = search(runner, bound, limits.searchMax(), stop);
    }
    return last;
  }

  private static Deepening search(Runner runner, int bound, long schedulesMax, BooleanSupplier stop) {
    return new Deepening(new Search(runner, new Search.Limits(bound, schedulesMax), stop).run(), schedulesMax, 0);
  }

  /** Whether the search was cut by its limit. */
  boolean isCut() {
    return result.tally().runs() >= schedulesMax;
  }

  private boolean goesOn() {
    return result.found().isEmpty() && result.differed().isEmpty() && !result.interrupted() && !isCut();
  }

  /**
   * Yields about how many schedules the next bound has. A preemption more may come at any of the places that the last
   * one had, in any order of them: the b-th multiplies by the same number, over b.
   */
  private static long expected(List<Long> schedules) {
    int bound = schedules.size() - 1;
    double last = schedules.get(bound);
    return (long) (last * last / Math.max(1, schedules.get(bound - 1)) * bound / (bound + 1));
  }
}
