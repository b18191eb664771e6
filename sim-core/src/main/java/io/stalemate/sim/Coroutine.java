package io.stalemate.sim;

import jdk.internal.vm.Continuation;
import jdk.internal.vm.ContinuationScope;
import org.jspecify.annotations.Nullable;

/**
 * Runs a body that can pause in the middle of its stack and be resumed: the one place that touches
 * {@code jdk.internal.vm.Continuation}. A coroutine whose body has ended takes another, so that most runs create none;
 * one that was left in the middle is thrown away.
 */
final class Coroutine {

  private static final ContinuationScope SCOPE = new ContinuationScope("stalemate");

  private final Continuation continuation = new Continuation(SCOPE, this::loop);
  private @Nullable Runnable body;
  private @Nullable Throwable failure;

  /** Sets the body that the next {@link #resume} begins. The coroutine must be idle. */
  void take(Runnable next) {
    body = next;
    failure = null;
  }

  /** Yields what the last body threw, if it did. */
  @Nullable Throwable failure() {
    return failure;
  }

  /** Whether the last body has ended. */
  boolean isIdle() {
    return body == null;
  }

  /** Runs until the body pauses or ends. */
  void resume() {
    continuation.run();
  }

  /** Returns control to whoever called {@link #resume}; returns at the next resume. Called on a coroutine's stack. */
  static void pause() {
    Continuation.yield(SCOPE);
  }

  private void loop() {
    while (true) {
      Runnable next = body;
      if (next != null) {
        try {
          next.run();
        } catch (Throwable thrown) {
          failure = thrown;
        }
      }
      body = null;
      pause();
    }
  }
}
