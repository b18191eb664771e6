package io.stalemate.session;

import io.stalemate.strategy.Recording;
import io.stalemate.strategy.Replay;
import io.stalemate.strategy.Schedule;
import java.util.Arrays;

/**
 * Takes out of a schedule the switches that a finding does not need: greedily, in ever smaller pieces, then all those
 * to one task, keeping oracle and signature. Bounded by a number of replays.
 */
final class Shrink {

  private static final int REPLAYS_MAX = 4000;

  private final Runner runner;
  private final Signature wanted;
  private Schedule best;
  private int replays;

  private Shrink(Runner runner, Signature wanted, Schedule start) {
    this.runner = runner;
    this.wanted = wanted;
    this.best = start;
  }

  /** Yields a schedule with the finding of signature {@code wanted} from which no single switch can be taken. */
  static Schedule of(Runner runner, Signature wanted, Schedule start) {
    Shrink shrink = new Shrink(runner, wanted, start);
    shrink.run();
    return shrink.best;
  }

  private void run() {
    boolean again = true;
    while (again && replays < REPLAYS_MAX) {
      again = false;
      for (int piece = Math.max(1, best.size() / 2); piece >= 1; piece /= 2) {
        again |= pass(piece);
      }
      again |= tasks();
    }
  }

  /** Tries to take out each piece of {@code size} switches, the last ones first; yields whether one went. */
  private boolean pass(int size) {
    boolean any = false;
    for (int from = best.size() - size; from >= 0 && replays < REPLAYS_MAX; from -= size) {
      if (from + size <= best.size() && attempt(without(best, from, size))) {
        any = true;
      }
    }
    return any;
  }

  /** Tries to take out all switches to a task, for each task; yields whether any went. */
  private boolean tasks() {
    int tasks = Arrays.stream(best.tasks()).max().orElse(-1) + 1;
    boolean any = false;
    for (int task = 0; task < tasks && replays < REPLAYS_MAX; task++) {
      Schedule shorter = withoutTask(best, task);
      any |= shorter.size() < best.size() && attempt(shorter);
    }
    return any;
  }

  private static Schedule withoutTask(Schedule schedule, int task) {
    Schedule shorter = schedule;
    for (int i = schedule.size() - 1; i >= 0; i--) {
      shorter = schedule.tasks()[i] == task ? shorter.without(i) : shorter;
    }
    return shorter;
  }

  private static Schedule without(Schedule schedule, int from, int size) {
    Schedule shorter = schedule;
    for (int i = 0; i < size; i++) {
      shorter = shorter.without(from);
    }
    return shorter;
  }

  private boolean attempt(Schedule candidate) {
    replays++;
    Recording recording = new Recording(new Replay(candidate));
    runner.run(recording, 0);
    boolean kept = wanted.isOfLastRun(runner) && recording.schedule().size() < best.size();
    if (kept) {
      best = recording.schedule();
    }
    return kept;
  }
}
