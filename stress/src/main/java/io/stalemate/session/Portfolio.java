package io.stalemate.session;

import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.token.Model;
import io.stalemate.scenario.token.SeedToken;
import io.stalemate.strategy.RunTwice;
import io.stalemate.strategy.Seeded;
import io.stalemate.strategy.Strategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Runs of one scenario on all its kernels by turns of strategies, until something is found. Run {@code i} has a seed of
 * its own and always the same kernel and strategy, so that the same seed and number of runs always yield the same.
 */
public final class Portfolio {

  /** Names as tokens have them. */
  public static final List<String> STRATEGIES = List.of("rnd", "pct3", "fpct4");

  /** Runs in a row of one kernel and strategy: what is in the CPU's caches is then used again. */
  private static final int TURN = 32;
  /** One run in 256, chosen by its seed, is repeated and compared. */
  private static final long RECHECK_MASK = 255;

  private final List<Runner> runners;
  private final long seed;
  private final BooleanSupplier stop;
  private final List<Turn> turns = new ArrayList<>();
  private final List<Tally> tallies = new ArrayList<>();
  private long done;
  private Optional<Run> found = Optional.empty();
  private Optional<Differed> differed = Optional.empty();

  /** One run, which {@code strategy} on {@code seed} repeats in {@code runner}. */
  public record Run(Runner runner, String strategy, long seed) {

    /** Yields its token. */
    public SeedToken token(Model model) {
      Case subject = runner.subject();
      return new SeedToken(subject.scenario().name(), subject.overrides(), strategy, seed, model.id());
    }
  }

  /** A run whose repetition differed, and the first step at which its choices did; its last if they did not. */
  public record Differed(Run run, int step) {}

  private record Turn(int runner, String name, Strategy strategy) {}

  /**
   * A portfolio that has not begun.
   *
   * @param runners one a kernel, all of one scenario, used by the calling thread
   * @param stop asked before each run
   */
  public Portfolio(List<Runner> runners, long seed, BooleanSupplier stop) {
    this.runners = List.copyOf(runners);
    this.seed = seed;
    this.stop = stop;
    for (String name : STRATEGIES) {
      for (int runner = 0; runner < runners.size(); runner++) {
        turns.add(new Turn(runner, name, Strategies.of(name, runners.get(runner).stepsExpected())));
      }
    }
    runners.forEach(runner -> tallies.add(new Tally(runner.subject().scenario())));
  }

  /** Does {@code runs} runs more; fewer if something is found, a repetition differs, or it is to stop. */
  public void run(long runs) {
    long end = done + runs;
    while (done < end && found.isEmpty() && differed.isEmpty() && !stop.getAsBoolean()) {
      one(done++);
    }
  }

  private Turn turn(long index) {
    return turns.get((int) (index / TURN % turns.size()));
  }

  private Run at(long index) {
    Turn turn = turn(index);
    return new Run(runners.get(turn.runner()), turn.name(), Seeded.derive(seed, index));
  }

  private void one(long index) {
    Turn turn = turn(index);
    Runner runner = runners.get(turn.runner());
    Tally tally = tallies.get(turn.runner());
    long runSeed = Seeded.derive(seed, index);
    boolean isFirstOfTurns = index % TURN == 0 && index / TURN < turns.size();
    if (isFirstOfTurns || (runSeed & RECHECK_MASK) == 0) {
      RunTwice twice = new RunTwice(turn.strategy());
      twice.first();
      runner.run(twice, runSeed);
      long hash = runner.trace().hash();
      twice.second();
      runner.run(twice, runSeed);
      if (runner.trace().hash() != hash || twice.difference() != RunTwice.SAME) {
        // If only values differ, the choices do not say where.
        int step = twice.difference() == RunTwice.SAME ? runner.steps() : twice.difference();
        differed = Optional.of(new Differed(at(index), step));
        return;
      }
      tally.addRecheck();
    } else {
      runner.run(turn.strategy(), runSeed);
    }
    tally.add(runner, index);
    if (runner.isFinding()) {
      found = Optional.of(at(index));
    }
  }

  /** Number of runs so far. */
  public long runs() {
    return done;
  }

  /** Yields what the runs on each kernel came to. */
  public List<Tally> tallies() {
    return List.copyOf(tallies);
  }

  /** What is run. */
  public Scenario scenario() {
    return runners.getFirst().subject().scenario();
  }

  /** Yields what is run on each kernel. */
  public List<Case> cases() {
    return runners.stream().map(Runner::subject).toList();
  }

  /** Yields the run that a tally names by its index. */
  public Optional<Run> example(long index) {
    return index == Tally.NONE ? Optional.empty() : Optional.of(at(index));
  }

  /** Yields the first run with a finding; none after it is done. */
  public Optional<Run> found() {
    return found;
  }

  /** Yields the first repetition that differed; no run after it is done. */
  public Optional<Differed> differed() {
    return differed;
  }
}
