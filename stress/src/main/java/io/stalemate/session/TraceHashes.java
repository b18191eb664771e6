package io.stalemate.session;

import io.stalemate.actors.Worlds;
import io.stalemate.scenario.token.Model;
import io.stalemate.scenario.token.SeedToken;
import io.stalemate.strategy.Seeded;
import io.stalemate.strategy.Strategy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The trace hashes of the first runs of a case: even ones under random walk, odd ones under PCT. They are the same on
 * every machine and JVM, or something is broken.
 */
public final class TraceHashes {

  /** In place of a run's index: all hashes are equal. */
  public static final int SAME = -1;

  private static final List<String> STRATEGIES = List.of("rnd", "pct3");
  private static final long SEED = 0x5eed;

  private final Case subject;
  private final long[] hashes;

  /** Hashes of {@code subject} that are known already, those of another process for example. */
  public TraceHashes(Case subject, long[] hashes) {
    this.subject = subject;
    this.hashes = Arrays.copyOf(hashes, hashes.length);
  }

  /**
   * Does {@code runs} runs on as many threads as {@code worldFirst} and the worlds after it allow.
   *
   * @param backwards the last run first: what a run leaves behind then meets another one
   */
  public static TraceHashes of(
      Case subject, int runs, Worlds worlds, int worldFirst, int workers, boolean backwards) {
    long[] hashes = new long[runs];
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (int worker = 0; worker < workers; worker++) {
      int first = worker;
      threads.add(Thread.ofPlatform().name("hashes-" + worker).start(() -> {
        try {
          work(new Runner(worlds, worldFirst + first, subject), hashes, first, workers, backwards);
        } catch (Throwable thrown) {
          failure.set(thrown);
        }
      }));
    }
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException("interrupted while running", e);
      }
    }
    Throwable thrown = failure.get();
    if (thrown != null) {
      throw new IllegalStateException(thrown);
    }
    return new TraceHashes(subject, hashes);
  }

  private static void work(Runner runner, long[] hashes, int first, int stride, boolean backwards) {
    List<Strategy> strategies = new ArrayList<>();
    STRATEGIES.forEach(name -> strategies.add(Strategies.of(name, runner.stepsExpected())));
    for (int i = first; i < hashes.length; i += stride) {
      int run = backwards ? hashes.length - 1 - i : i;
      runner.run(strategies.get(run % strategies.size()), seed(run));
      hashes[run] = runner.trace().hash();
    }
  }

  private static long seed(int run) {
    return Seeded.derive(SEED, run);
  }

  /** What was run. */
  public Case subject() {
    return subject;
  }

  /** Number of runs. */
  public int runs() {
    return hashes.length;
  }

  /** Yields the trace hash of run {@code run}. */
  public long hash(int run) {
    return hashes[run];
  }

  /** Yields all hashes in one number; their order counts. */
  public long digest() {
    long digest = hashes.length;
    for (long hash : hashes) {
      digest = Seeded.derive(digest, hash);
    }
    return digest;
  }

  /** Yields the first run whose hash is another one in {@code other}, or {@link #SAME}. */
  public int firstDifference(TraceHashes other) {
    return Arrays.mismatch(hashes, other.hashes);
  }

  /** Yields the token of run {@code run}. */
  public SeedToken token(int run, Model model) {
    return new SeedToken(subject.scenario().name(), subject.overrides(), STRATEGIES.get(run % STRATEGIES.size()),
        seed(run), model.id());
  }
}
