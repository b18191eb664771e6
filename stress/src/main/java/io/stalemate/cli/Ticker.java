package io.stalemate.cli;

import io.stalemate.session.Session;
import java.util.Locale;

/** Shows on stderr, from time to time, how far a session has come. A short session shows nothing. */
final class Ticker implements AutoCloseable {

  private static final long TERMINAL_MILLIS = 1000;
  private static final long LINE_MILLIS = 15_000;

  private final GlobalOptions global;
  private final Session session;
  private final Session.Plan plan;
  private final long begun = System.nanoTime();
  private final boolean rewrites;
  private final Thread thread;
  private volatile boolean over;

  Ticker(GlobalOptions global, Session session, Session.Plan plan) {
    this.global = global;
    this.session = session;
    this.plan = plan;
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
      String line = line();
      if (rewrites) {
        global.err().print("\r" + line + " ");
        global.err().flush();
      } else {
        global.err().println(line);
      }
    }
  }

  private String line() {
    double seconds = (System.nanoTime() - begun) / 1e9;
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
