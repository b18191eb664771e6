package io.stalemate.session;

import com.sun.management.ThreadMXBean;
import io.stalemate.actors.Worlds;
import io.stalemate.sim.BareSwitch;
import io.stalemate.strategy.Seeded;
import io.stalemate.strategy.Strategy;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Measures runs of a case: the product's own loop, oracles and outcome table included, and in between, on the same
 * thread, bare coroutine switches, so that a slow moment of the machine slows both.
 */
public final class Bench {

  private static final int SLICES = 10;
  private static final int SWITCHES = 200_000;
  private static final long WARM_UP_SHARE = 3;

  private final Worlds worlds;
  private final long nanosMax;
  private final List<Row> rows = new ArrayList<>();
  private int worldsUsed;

  /**
   * One measurement.
   *
   * @param race the race put back, if any
   * @param nanosPerEvent on one worker: wall time per event
   * @param timesOneWorker throughput against that of one worker, if more than one ran
   */
  public record Row(
      Optional<String> race,
      String strategy,
      int workers,
      long runs,
      double runsPerSecond,
      double eventsPerSecond,
      double eventsPerRun,
      double nanosPerEvent,
      double nanosPerBareSwitch,
      double bytesPerEvent,
      Optional<Double> timesOneWorker) {}

  private record Sample(long runs, long events, long nanos, long switchNanos, long switches, long bytes) {}

  /** Measures for about {@code nanosMax} at a time. */
  public Bench(Worlds worlds, long nanosMax) {
    this.worlds = worlds;
    this.nanosMax = nanosMax;
  }

  /** Measures {@code subject} on {@code workers} workers at once. */
  public Row measure(Case subject, String strategy, int workers) {
    List<AtomicReference<Sample>> samples = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    CountDownLatch ready = new CountDownLatch(workers);
    for (int worker = 0; worker < workers; worker++) {
      AtomicReference<Sample> sample = new AtomicReference<>();
      samples.add(sample);
      int world = worldsUsed++;
      threads.add(Thread.ofPlatform().name("bench-" + worker)
          .start(() -> sample.set(work(new Runner(worlds, world, subject), strategy, ready))));
    }
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException("interrupted while measuring", e);
      }
    }
    Row row = row(subject, strategy, workers, samples.stream().map(AtomicReference::get).toList());
    rows.add(row);
    return row;
  }

  private Sample work(Runner runner, String name, CountDownLatch ready) {
    Strategy strategy = Strategies.of(name, runner.stepsExpected());
    long seed = 0;
    long warmUpEnd = System.nanoTime() + nanosMax / WARM_UP_SHARE;
    while (System.nanoTime() < warmUpEnd) {
      once(runner, strategy, seed++);
    }
    BareSwitch bare = new BareSwitch();
    bare.run(SWITCHES);
    ready.countDown();
    await(ready);
    ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long runs = 0;
    long events = 0;
    long nanos = 0;
    long bytes = 0;
    long switchNanos = 0;
    for (int slice = 0; slice < SLICES; slice++) {
      long bytesBefore = memory.getCurrentThreadAllocatedBytes();
      long begun = System.nanoTime();
      long end = begun + nanosMax / SLICES;
      long now = begun;
      while (now < end) {
        once(runner, strategy, seed++);
        runs++;
        events += runner.trace().size();
        now = System.nanoTime();
      }
      nanos += now - begun;
      bytes += memory.getCurrentThreadAllocatedBytes() - bytesBefore;
      long switchesBegun = System.nanoTime();
      bare.run(SWITCHES);
      switchNanos += System.nanoTime() - switchesBegun;
    }
    return new Sample(runs, events, nanos, switchNanos, (long) SWITCHES * SLICES, bytes);
  }

  private static void once(Runner runner, Strategy strategy, long index) {
    runner.run(strategy, Seeded.derive(0, index));
    runner.outcome();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while measuring", e);
    }
  }

  private Row row(Case subject, String strategy, int workers, List<Sample> samples) {
    long runs = 0;
    long events = 0;
    long nanos = 0;
    long switchNanos = 0;
    long switches = 0;
    long bytes = 0;
    double runsPerSecond = 0;
    double eventsPerSecond = 0;
    for (Sample sample : samples) {
      runs += sample.runs();
      events += sample.events();
      nanos += sample.nanos();
      switchNanos += sample.switchNanos();
      switches += sample.switches();
      bytes += sample.bytes();
      runsPerSecond += sample.runs() * 1e9 / sample.nanos();
      eventsPerSecond += sample.events() * 1e9 / sample.nanos();
    }
    Optional<String> race = subject.race().map(each -> each.card().name());
    double perSecond = runsPerSecond;
    return new Row(race, strategy, workers, runs, runsPerSecond, eventsPerSecond, (double) events / runs,
        (double) nanos / events, (double) switchNanos / switches, (double) bytes / events,
        (workers == 1 ? Optional.<Row>empty() : oneWorker(race, strategy)).map(one -> perSecond / one.runsPerSecond()));
  }

  private Optional<Row> oneWorker(Optional<String> race, String strategy) {
    return rows.stream()
        .filter(row -> row.workers() == 1 && row.race().equals(race) && row.strategy().equals(strategy))
        .findFirst();
  }
}
