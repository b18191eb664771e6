package io.stalemate.session;

import io.stalemate.strategy.Pct;
import io.stalemate.strategy.Recording;
import io.stalemate.strategy.Schedule;
import io.stalemate.strategy.Seeded;
import io.stalemate.strategy.Strategy;
import java.util.Optional;

/**
 * Looks for another schedule with the same finding: PCT leaves a task seldom, a random walk at every other step. Its
 * seeds derive from the finding's and its bounds are counts, so that the same finding yields the same schedule.
 */
final class OtherSchedules {

  private static final int RUNS_MAX = 300;
  /** In all runs together: in some scenarios strict priorities spin up to the bound on steps. */
  private static final long STEPS_MAX = 300_000;
  /** A schedule this short is not worth another run. */
  private static final int SHORT = 2;

  private final Runner runner;
  private final Signature wanted;
  private final long seed;

  /** Of findings like {@code wanted}, made on {@code seed}. */
  OtherSchedules(Runner runner, Signature wanted, long seed) {
    this.runner = runner;
    this.wanted = wanted;
    this.seed = seed;
  }

  /** Yields the first of the shortest schedules found that have fewer than {@code size} switches. */
  Optional<Schedule> shorterThan(int size) {
    Recording[] recordings = {recording(3), recording(2)};
    Optional<Schedule> best = Optional.empty();
    int least = size;
    long steps = 0;
    for (int index = 0; index < RUNS_MAX && steps < STEPS_MAX && least > SHORT; index++) {
      Recording recording = recordings[index % recordings.length];
      runner.run(recording, Seeded.derive(seed, index));
      steps += recording.steps();
      Schedule schedule = recording.schedule();
      if (schedule.size() < least && wanted.isOfLastRun(runner)) {
        best = Optional.of(schedule);
        least = schedule.size();
      }
    }
    return best;
  }

  private Recording recording(int depth) {
    Strategy pct = new Pct(depth, runner.stepsExpected(), false);
    return new Recording(pct);
  }
}
