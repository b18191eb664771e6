package io.stalemate.cli;

import io.stalemate.session.Session;
import java.util.Locale;
import java.util.function.Supplier;

/** Shows on stderr, from time to time, how far a command has come. One that is over soon shows nothing. */
final class Ticker implements AutoCloseable {

  private static final long TERMINAL_MILLIS = 1000;
  private static final long LINE_MILLIS = 15_000;

  private final GlobalOptions global;
  private final Supplier<String> line;
  private final long begun = System.nanoTime();
  private final boolean rewrites;
  private final Thread thread;
  private volatile boolean over;

  /** Of a session. */
  Ticker(GlobalOptions global, Session session, Session.Plan plan) {
    long begun = System.nanoTime();
    this(global, () -> line(session, plan, (System.nanoTime() - begun) / 1e9));
  }

  /** Shows what {@code line} yields, which any thread may ask. */
  Ticker(GlobalOptions global, Supplier<String> line) {
    this.global = global;
    this.line = line;
    this.rewrites = global.progress() == GlobalOptions.Progress.AUTO && GlobalOptions.isTerminal();
    this.thread = Thread.ofPlatform().daemon().name("ticker").unstarted(this::run);
    if (global.progress() != GlobalOptions.Progress.NONE) {
      thread.start();
    }
  }

  private void run() {
    while (!over) {
      try {
        Thread.sleep(rewrites ? TERMINAL_MILLIS : LINE_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
      String now = line.get();
      if (rewrites) {
        global.err().print("\r" + now + " ");
        global.err().flush();
      } else {
        global.err().println(now);
      }
    }
  }

  private static String line(Session session, Session.Plan plan, double seconds) {
    long runs = session.runsDone();
    String share = plan.runsMax() == Long.MAX_VALUE
        ? String.format(Locale.ROOT, "%.0f of %.0f s", seconds, plan.nanosMax() / 1e9)
        : String.format(Locale.ROOT, "%.0f %%", 100.0 * runs / plan.runsMax());
    return String.format(Locale.ROOT, "  %s: %,d runs, %,.0f/s, %s",
        plan.subject().scenario().name(), runs, runs / seconds, share);
  }

  @Override
  public void close() {
    over = true;
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (rewrites && System.nanoTime() - begun > TERMINAL_MILLIS * 1_000_000) {
      global.err().print("\r" + " ".repeat(78) + "\r");
      global.err().flush();
    }
  }
}
