package io.stalemate.architecture.planted.session;

import jdk.internal.vm.ContinuationScope;

/** Goes past the coroutine. */
public final class MakesACoroutine {
  /** Yields a scope. */
  public ContinuationScope scope() {
    return new ContinuationScope("planted");
  }
}
