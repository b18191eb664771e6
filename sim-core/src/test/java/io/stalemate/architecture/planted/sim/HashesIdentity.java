package io.stalemate.architecture.planted.sim;

/** Depends on addresses. */
public final class HashesIdentity {
  /** Yields another number in each process. */
  public int of(Object object) {
    return System.identityHashCode(object) ^ object.hashCode();
  }
}
