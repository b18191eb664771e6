package io.stalemate.check;

import io.stalemate.actors.Worlds;
import io.stalemate.scenario.input.Safe;
import io.stalemate.scenario.token.Model;
import io.stalemate.session.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Does what a {@link Plan} says: a suite of pinned tokens, one of each scenario, one of canaries. Workers take suites
 * in order; a suite is the work of one thread, so that the report is the same for any number of workers.
 */
public final class Check {

  private final Plan plan;
  private final Model model;
  private final List<ScenarioSuite> scenarios = new ArrayList<>();
  private final List<Job> jobs = new ArrayList<>();
  private final @Nullable Suite[] suites;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger done = new AtomicInteger();
  private final AtomicBoolean interrupted = new AtomicBoolean();
  private final long begun = System.nanoTime();

  /** A suite to run in the worlds from {@code world} on. */
  private interface Suiter {
    Suite run(Worlds worlds, int world);
  }

  private record Job(String name, String title, Suiter suiter) {}

  /** A check that has not begun. */
  public Check(Plan plan, Model model) {
    this(plan, model, CanarySuite::planted);
  }

  /** A check with other canaries. */
  Check(Plan plan, Model model, Function<BooleanSupplier, CanarySuite> canaries) {
    this.plan = plan;
    this.model = model;
    PinnedSuite pinned = new PinnedSuite(plan.tokens(), model, interrupted::get);
    jobs.add(new Job(PinnedSuite.NAME, "", pinned::run));
    for (Target target : plan.targets()) {
      ScenarioSuite suite = new ScenarioSuite(target, plan.limits(), model, plan.seed(), this::isOver);
      scenarios.add(suite);
      jobs.add(new Job(target.scenario().name(), target.scenario().title(), suite::run));
    }
    jobs.add(new Job(CanarySuite.NAME, "", canaries.apply(interrupted::get)::run));
    this.suites = new Suite[jobs.size()];
  }

  /** Ends it after the runs that are under way; what is left out is in the report. May be called by any thread. */
  public void interrupt() {
    interrupted.set(true);
  }

  private boolean isOver() {
    return interrupted.get() || System.nanoTime() - begun > plan.nanosMax();
  }

  /** Number of worlds that it needs. */
  public int worlds() {
    return plan.workers() * worldsEach();
  }

  private int worldsEach() {
    return plan.targets().stream().mapToInt(target -> target.cases().size()).max().orElse(1);
  }

  /** Number of suites. */
  public int suites() {
    return jobs.size();
  }

  /** Number of suites that are over; may be asked by any thread. */
  public int suitesDone() {
    return done.get();
  }

  /** Yields how many scenarios were closed at which bound, -1 for none; may be asked when it is over. */
  public SortedMap<Integer, Long> closed() {
    SortedMap<Integer, Long> closed = new TreeMap<>();
    scenarios.forEach(suite -> closed.merge(suite.closed(), 1L, Long::sum));
    return closed;
  }

  /** Runs it in the first {@link #worlds} of {@code worlds}. Blocks until it is over. To be called once. */
  public CheckReport run(Worlds worlds) {
    int each = worldsEach();
    List<Throwable> failures = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int worker = 0; worker < plan.workers(); worker++) {
      int world = worker * each;
      threads.add(Thread.ofPlatform().name("check-" + worker).start(() -> {
        try {
          work(worlds, world);
        } catch (Throwable thrown) {
          synchronized (failures) {
            failures.add(thrown);
          }
          interrupt();
        }
      }));
    }
    threads.forEach(this::join);
    if (!failures.isEmpty()) {
      throw new IllegalStateException(failures.getFirst());
    }
    return report();
  }

  private void join(Thread thread) {
    boolean over = false;
    while (!over) {
      try {
        thread.join();
        over = true;
      } catch (InterruptedException e) {
        interrupt();
      }
    }
  }

  private void work(Worlds worlds, int world) {
    for (int job = next.getAndIncrement(); job < jobs.size(); job = next.getAndIncrement()) {
      suites[job] = suite(jobs.get(job), worlds, world);
      done.incrementAndGet();
    }
  }

  /** Runs a suite; a defect that shows in it is kept to it. */
  private static Suite suite(Job job, Worlds worlds, int world) {
    long begun = System.nanoTime();
    try {
      return job.suiter().run(worlds, world);
    } catch (RuntimeException | AssertionError | StackOverflowError e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      String where = cause.getStackTrace().length == 0 ? "" : " at " + cause.getStackTrace()[0];
      Claim failed = new Claim(Claim.Kind.OUTCOMES, "runs", Verdict.ERROR,
          Safe.print("internal error, please report it: " + cause + where), "", Optional.empty());
      return new Suite(job.name(), "", job.title(), List.of(failed), "ended by an internal error", 0,
          System.nanoTime() - begun);
    }
  }

  private CheckReport report() {
    List<Suite> all = new ArrayList<>();
    for (@Nullable Suite suite : suites) {
      if (suite != null) {
        all.add(suite);
      }
    }
    Verdict verdict = all.stream().map(Suite::verdict).reduce(Verdict.PASS, Verdict::and);
    return new CheckReport(plan.version(), model.id(), plan.profile(), plan.commit(), plan.seed(), all, verdict,
        all.stream().mapToLong(Suite::schedules).sum(), System.nanoTime() - begun, plan.skipsInconclusive());
  }
}
