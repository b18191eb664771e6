package io.stalemate.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Makes the first Ctrl-C (or SIGTERM) end a command in an orderly way: what runs is asked to stop, and the process
 * waits for its results to be printed. The JVM's shutdown does the rest.
 */
final class Interruption implements AutoCloseable {

  private static final long GRACE_SECONDS = 20;

  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread hook;
  private volatile boolean happened;

  Interruption(Runnable stop) {
    this.hook = new Thread(() -> {
      happened = true;
      stop.run();
      await();
      Runtime.getRuntime().halt(ExitCode.INTERRUPTED);
    }, "interruption");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void await() {
    try {
      if (!done.await(GRACE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("stalemate: stopped before the results could be printed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the user has asked to stop. */
  boolean happened() {
    return happened;
  }

  @Override
  public void close() {
    if (happened) {
      done.countDown();
    } else {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The shutdown began this moment: let its hook go on.
        done.countDown();
      }
    }
  }
}
