package io.stalemate.architecture.planted.sim;

import jdk.internal.vm.ContinuationScope;

/** Goes past the coroutine. */
public final class MakesItsOwnCoroutine {
  /** Yields a scope. */
  public ContinuationScope scope() {
    return new ContinuationScope("planted");
  }
}
