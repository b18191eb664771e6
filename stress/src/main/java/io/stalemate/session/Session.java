package io.stalemate.session;

import io.stalemate.actors.Worlds;
import io.stalemate.strategy.RunTwice;
import io.stalemate.strategy.Seeded;
import io.stalemate.strategy.Strategy;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Many runs of one case on several workers. Run {@code i} has a seed of its own, derived from the session's; workers
 * take chunks of runs in order, and only runs before the first finding count, so that the result is the same for any
 * number of workers.
 */
public final class Session {

  private static final long CHUNK = 512;
  /** One run in so many is repeated and compared. */
  private static final long RECHECK_EVERY = 256;

  private final Plan plan;
  private final AtomicLong nextChunk = new AtomicLong();
  private final AtomicLong runsDone = new AtomicLong();
  private final AtomicLong stopBefore;
  private final AtomicBoolean interrupted = new AtomicBoolean();
  private final long begun = System.nanoTime();
  private final List<Chunk> chunks = new ArrayList<>();

  /**
   * What a session does.
   *
   * @param strategy name as tokens have it
   * @param runsMax number of runs, if no finding ends the session before
   * @param nanosMax time after which no further chunk is begun; {@link Long#MAX_VALUE} for none
   * @param keepGoing whether to go on after a finding
   */
  public record Plan(
      Case subject, String strategy, long seed, long runsMax, long nanosMax, int workers, boolean keepGoing) {}

  /** A run that found something. */
  public record Found(long index, long seed, Signature signature) {}

  /** A run whose repetition differed, and the first step at which its choices did; its last if they did not. */
  public record Differed(long index, long seed, int step) {}

  /**
   * What came of it.
   *
   * @param found the first finding of each signature, in order of runs
   * @param foundCounts how many runs each of them had
   * @param nanos wall time
   */
  public record Result(
      Tally tally,
      List<Found> found,
      List<Long> foundCounts,
      Optional<Differed> differed,
      boolean interrupted,
      long nanos) {}

  private static final class Chunk {
    private final long start;
    private final Tally tally;
    private final List<Found> found = new ArrayList<>();
    private @Nullable Differed differed;

    Chunk(long start, Tally tally) {
      this.start = start;
      this.tally = tally;
    }
  }

  /** A session that has not begun. */
  public Session(Plan plan) {
    this.plan = plan;
    this.stopBefore = new AtomicLong(plan.runsMax());
  }

  /** Number of runs done so far; may be asked by any thread. */
  public long runsDone() {
    return runsDone.get();
  }

  /** Ends the session after the runs that are under way; may be called by any thread. */
  public void interrupt() {
    interrupted.set(true);
  }

  /** Runs it. Blocks until it is over. */
  public Result run(Worlds worlds) {
    long started = System.nanoTime();
    List<Thread> threads = new ArrayList<>();
    List<Throwable> failures = new ArrayList<>();
    for (int worker = 0; worker < plan.workers(); worker++) {
      int index = worker;
      Thread thread = Thread.ofPlatform().name("worker-" + index).unstarted(() -> {
        try {
          work(new Runner(worlds, index, plan.subject()));
        } catch (Throwable thrown) {
          synchronized (failures) {
            failures.add(thrown);
          }
          interrupt();
        }
      });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      join(thread);
    }
    if (!failures.isEmpty()) {
      throw failures.getFirst() instanceof RuntimeException e ? e : new IllegalStateException(failures.getFirst());
    }
    return result(System.nanoTime() - started);
  }

  /** What comes of it if it is not run. */
  public Result notRun() {
    Tally none = new Tally(plan.subject().scenario());
    return new Result(none, List.of(), List.of(), Optional.empty(), interrupted.get(), 0);
  }

  private void join(Thread thread) {
    boolean done = false;
    while (!done) {
      try {
        thread.join();
        done = true;
      } catch (InterruptedException e) {
        interrupt();
      }
    }
  }

  private void work(Runner runner) {
    Strategy strategy = Strategies.of(plan.strategy(), runner.stepsExpected());
    RunTwice twice = new RunTwice(strategy);
    // However little time there is, the first chunk is done: a verdict on no run says nothing.
    while (!interrupted.get() && (nextChunk.get() == 0 || System.nanoTime() - begun < plan.nanosMax())) {
      long start = nextChunk.getAndIncrement() * CHUNK;
      if (start >= stopBefore.get()) {
        return;
      }
      Chunk chunk = new Chunk(start, new Tally(plan.subject().scenario()));
      long end = Math.min(start + CHUNK, plan.runsMax());
      for (long index = start; index < end && index < stopBefore.get(); index++) {
        if (!one(runner, strategy, twice, chunk, index)) {
          stopAfter(index);
        }
      }
      synchronized (chunks) {
        chunks.add(chunk);
      }
    }
  }

  /** No run after {@code index} counts any more. */
  private void stopAfter(long index) {
    stopBefore.accumulateAndGet(index + 1, Math::min);
  }

  /** Does run {@code index}; yields false if the session ends with it. */
  private boolean one(Runner runner, Strategy strategy, RunTwice twice, Chunk chunk, long index) {
    long seed = Seeded.derive(plan.seed(), index);
    if (index % RECHECK_EVERY == 0) {
      twice.first();
      runner.run(twice, seed);
      long hash = runner.trace().hash();
      twice.second();
      runner.run(twice, seed);
      if (runner.trace().hash() != hash || twice.difference() != RunTwice.SAME) {
        // If only values differ, the choices do not say where.
        int step = twice.difference() == RunTwice.SAME ? runner.steps() : twice.difference();
        chunk.differed = new Differed(index, seed, step);
        return false;
      }
      chunk.tally.addRecheck();
    } else {
      runner.run(strategy, seed);
    }
    chunk.tally.add(runner, index);
    runsDone.incrementAndGet();
    if (runner.isFinding()) {
      Trace trace = runner.trace();
      chunk.found.add(new Found(index, seed, Signature.of(runner.findings().getFirst(), trace)));
      return plan.keepGoing();
    }
    return true;
  }

  private Result result(long nanos) {
    chunks.sort((a, b) -> Long.compare(a.start, b.start));
    Tally tally = new Tally(plan.subject().scenario());
    List<Found> found = new ArrayList<>();
    List<Long> counts = new ArrayList<>();
    Optional<Differed> differed = Optional.empty();
    long limit = stopBefore.get();
    for (Chunk chunk : chunks) {
      if (chunk.start >= limit) {
        continue;
      }
      tally.add(chunk.tally);
      if (differed.isEmpty()) {
        differed = Optional.ofNullable(chunk.differed);
      }
      for (Found each : chunk.found) {
        int known = indexOf(found, each.signature());
        if (known < 0) {
          found.add(each);
          counts.add(1L);
        } else {
          counts.set(known, counts.get(known) + 1);
        }
      }
    }
    return new Result(tally, found, counts, differed, interrupted.get(), nanos);
  }

  private static int indexOf(List<Found> found, Signature signature) {
    for (int i = 0; i < found.size(); i++) {
      if (found.get(i).signature().equals(signature)) {
        return i;
      }
    }
    return -1;
  }
}
