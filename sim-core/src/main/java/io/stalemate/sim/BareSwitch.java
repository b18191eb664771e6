package io.stalemate.sim;

/** A coroutine that does nothing but pause: the cost that the engine's cost per event is measured against. */
public final class BareSwitch {

  private final Coroutine coroutine = new Coroutine();

  /** A coroutine ready to be resumed. */
  public BareSwitch() {
    coroutine.take(() -> {
      while (true) {
        Coroutine.pause();
      }
    });
  }

  /** Resumes the coroutine, which pauses at once, {@code times} times. */
  public void run(int times) {
    for (int i = 0; i < times; i++) {
      coroutine.resume();
    }
  }
}
