package io.stalemate.session;

import io.stalemate.oracle.Ending;
import io.stalemate.scenario.Scenario;
import java.util.Arrays;

/** What some runs came to: outcomes, goals, bounds reached. Tallies of disjoint runs add up in any order. */
public final class Tally {

  /** In place of a run's index, when there was none. */
  public static final long NONE = Long.MAX_VALUE;

  private final Scenario scenario;
  private final long[] outcomes;
  private final long[] examples;
  private final long[] goals;
  private long runs;
  private long steps;
  private long events;
  private long bounds;
  private long boundExample = NONE;
  private long undecided;
  private long undecidedExample = NONE;
  private long rechecks;

  Tally(Scenario scenario) {
    this.scenario = scenario;
    this.outcomes = new long[scenario.outcomes().size() + 1];
    this.examples = new long[outcomes.length];
    this.goals = new long[scenario.goals().size()];
    Arrays.fill(examples, NONE);
  }

  /** Counts the last run of {@code runner}, run {@code index} of the session. */
  void add(Runner runner, long index) {
    runs++;
    steps += runner.steps();
    events += runner.trace().size();
    if (runner.ending() == Ending.BOUND) {
      bounds++;
      boundExample = Math.min(boundExample, index);
    } else if (runner.ending() == Ending.QUIESCENT) {
      int outcome = runner.outcome();
      outcomes[outcome]++;
      examples[outcome] = Math.min(examples[outcome], index);
    }
    if (runner.undecided()) {
      undecided++;
      undecidedExample = Math.min(undecidedExample, index);
    }
    for (int goal = 0; goal < goals.length; goal++) {
      if (runner.reached(scenario.goals().get(goal))) {
        goals[goal]++;
      }
    }
  }

  /** Counts a run that was repeated and came out the same. */
  void addRecheck() {
    rechecks++;
  }

  /** Adds another tally of the same scenario. */
  void add(Tally other) {
    runs += other.runs;
    steps += other.steps;
    events += other.events;
    bounds += other.bounds;
    boundExample = Math.min(boundExample, other.boundExample);
    undecided += other.undecided;
    undecidedExample = Math.min(undecidedExample, other.undecidedExample);
    rechecks += other.rechecks;
    for (int i = 0; i < outcomes.length; i++) {
      outcomes[i] += other.outcomes[i];
      examples[i] = Math.min(examples[i], other.examples[i]);
    }
    for (int i = 0; i < goals.length; i++) {
      goals[i] += other.goals[i];
    }
  }

  /** Number of runs. */
  public long runs() {
    return runs;
  }

  /** Number of choices in all of them. */
  public long steps() {
    return steps;
  }

  /** Number of events in all of them. */
  public long events() {
    return events;
  }

  /** Runs that ended at the scenario's bound on steps. */
  public long bounds() {
    return bounds;
  }

  /** Index of the first run that ended at the bound on steps, or {@link #NONE}. */
  public long boundExample() {
    return boundExample;
  }

  /** Runs with a history that was too hard to judge: less was seen than was promised. */
  public long undecided() {
    return undecided;
  }

  /** Index of the first such run, or {@link #NONE}. */
  public long undecidedExample() {
    return undecidedExample;
  }

  /** Runs that were repeated, with an equal trace. */
  public long rechecks() {
    return rechecks;
  }

  /** How often outcome {@code outcome} came up; the index is that of {@link Scenario#outcome}. */
  public long outcome(int outcome) {
    return outcomes[outcome];
  }

  /** Index of the first run with outcome {@code outcome}, or {@link #NONE}. */
  public long example(int outcome) {
    return examples[outcome];
  }

  /** Number of outcomes, "other" included. */
  public int outcomes() {
    return outcomes.length;
  }

  /** In how many runs goal {@code goal} was reached. */
  public long goal(int goal) {
    return goals[goal];
  }
}
