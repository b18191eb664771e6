package io.stalemate.architecture.planted.sim;

/** Leaves its caller\x27s thread. */
public final class StartsAThread {
  /** Runs {@code body} some time. */
  public void later(Runnable body) {
    new Thread(body).start();
  }
}
