package io.stalemate.session;

import io.stalemate.strategy.BoundedSearch;
import io.stalemate.strategy.Recording;
import io.stalemate.strategy.RunTwice;
import io.stalemate.strategy.Schedule;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Every schedule of a case with at most so many preemptions, for bound 0, then 1, and so on, so that a finding has as
 * few as can be. The same case and limits give the same result.
 *
 * <p>The search for bound b passes through the schedules with fewer preemptions again, because they show where to
 * preempt; they are run, but neither counted nor looked at a second time. They are few: each of them has about as many
 * successors as steps.
 *
 * <p>One run in {@value #RECHECK_EVERY} is repeated and compared, and every run is compared, as far as they share their
 * choices, with the one before.
 */
public final class Search {

  /** One run in so many is repeated and compared. */
  private static final long RECHECK_EVERY = 256;

  /**
   * How far to go.
   *
   * @param bound most preemptions of a schedule, at least 0
   * @param schedulesMax most schedules to run, each counted once, at least 1
   */
  public record Limits(int bound, long schedulesMax) {

    /** Checks the ranges. */
    public Limits {
      if (bound < 0 || schedulesMax < 1) {
        throw new IllegalArgumentException("bound " + bound + " and at most " + schedulesMax + " schedules");
      }
    }
  }

  /** A schedule that came out in another way the second time, and the first step at which it did. */
  public record Differed(Schedule schedule, int step) {}

  /**
   * What came of it.
   *
   * @param tally of all runs; the indices of its examples count the schedules in the order of the search
   * @param closed highest bound all of whose schedules were run without a finding; -1 if none
   * @param found schedule of the first run with a finding
   * @param interrupted whether it was asked to stop
   * @param differed a run that did not repeat; it ends the search
   * @param schedules by bound, how many were run with exactly so many preemptions; shorter if it ended before
   * @param examples by outcome, the first schedule that had it
   * @param boundExample the first schedule that was cut off by the scenario's bound on steps
   */
  public record Result(
      Tally tally,
      int closed,
      Optional<Schedule> found,
      boolean interrupted,
      Optional<Differed> differed,
      List<Long> schedules,
      List<Optional<Schedule>> examples,
      Optional<Schedule> boundExample) {}

  /** How the search for one bound ended. */
  private enum End { CLOSED, OPEN, FOUND, DIFFERED, LIMIT, STOPPED }

  private final Runner runner;
  private final Limits limits;
  private final BooleanSupplier stop;
  private final Tally tally;
  private final List<Long> schedules = new ArrayList<>();
  private final List<Optional<Schedule>> examples;
  private Optional<Schedule> boundExample = Optional.empty();
  private Optional<Differed> differed = Optional.empty();
  private long runs;

  /** A search that has not begun; {@code stop} is asked before each run. */
  public Search(Runner runner, Limits limits, BooleanSupplier stop) {
    this.runner = runner;
    this.limits = limits;
    this.stop = stop;
    this.tally = new Tally(runner.subject().scenario());
    this.examples = new ArrayList<>(Collections.nCopies(tally.outcomes(), Optional.empty()));
  }

  /** Runs it until a finding, the bound, or the limit. To be called once. */
  public Result run() {
    int closed = -1;
    int bound = 0;
    End end;
    Recording recording;
    do {
      BoundedSearch strategy = new BoundedSearch(bound);
      recording = new Recording(strategy);
      schedules.add(0L);
      end = search(strategy, recording, bound);
      if (end == End.CLOSED) {
        // No schedule needs so many preemptions: none needs more.
        closed = schedules.get(bound) == 0 ? limits.bound() : bound;
      }
      bound++;
    } while ((end == End.CLOSED || end == End.OPEN) && Math.max(bound - 1, closed) < limits.bound());
    Optional<Schedule> found = end == End.FOUND ? Optional.of(recording.schedule()) : Optional.empty();
    return new Result(tally, closed, found, end == End.STOPPED, differed, List.copyOf(schedules),
        List.copyOf(examples), boundExample);
  }

  private End search(BoundedSearch strategy, Recording recording, int bound) {
    RunTwice twice = new RunTwice(recording);
    boolean more = true;
    while (more) {
      if (stop.getAsBoolean()) {
        return End.STOPPED;
      }
      int difference = one(recording, twice);
      if (difference == RunTwice.SAME) {
        difference = strategy.difference();
      }
      if (difference != RunTwice.SAME) {
        differed = Optional.of(new Differed(recording.schedule(), difference));
        return End.DIFFERED;
      }
      if (strategy.preemptions() == bound) {
        if (tally.runs() == limits.schedulesMax()) {
          return End.LIMIT;
        }
        count(recording, bound);
        if (runner.isFinding()) {
          return End.FOUND;
        }
      }
      more = strategy.next();
    }
    return strategy.thinned() ? End.OPEN : End.CLOSED;
  }

  /** Does the next run, now and then twice; yields the step at which they differ, or {@link RunTwice#SAME}. */
  private int one(Recording recording, RunTwice twice) {
    if (runs++ % RECHECK_EVERY != 0) {
      runner.run(recording, 0);
      return RunTwice.SAME;
    }
    twice.first();
    runner.run(twice, 0);
    long hash = runner.trace().hash();
    twice.second();
    runner.run(twice, 0);
    if (twice.difference() == RunTwice.SAME && runner.trace().hash() != hash) {
      return runner.steps();
    }
    if (twice.difference() == RunTwice.SAME) {
      tally.addRecheck();
    }
    return twice.difference();
  }

  private void count(Recording recording, int bound) {
    long index = tally.runs();
    tally.add(runner, index);
    schedules.set(bound, schedules.get(bound) + 1);
    for (int outcome = 0; outcome < tally.outcomes(); outcome++) {
      if (tally.example(outcome) == index) {
        examples.set(outcome, Optional.of(recording.schedule()));
      }
    }
    if (tally.boundExample() == index) {
      boundExample = Optional.of(recording.schedule());
    }
  }
}
