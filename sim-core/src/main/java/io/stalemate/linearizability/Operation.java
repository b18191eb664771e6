package io.stalemate.linearizability;

/**
 * An operation of a history, with the moments between which it took effect. Moments are numbers from 0 that grow, such
 * as the indices of events; operations that share a moment overlap.
 *
 * @param client who performed it: any number
 * @param what the operation with its result
 * @param begin when it was called
 * @param end when it returned; {@link #PENDING} if it never did: then it may have taken effect or not
 */
public record Operation<O>(int client, O what, int begin, int end) {

  /** The end of an operation that did not return. */
  public static final int PENDING = Integer.MAX_VALUE;

  /** Checks the moments. */
  public Operation {
    if (begin < 0 || end < begin) {
      throw new IllegalArgumentException("moments " + begin + ".." + end + " of " + what);
    }
  }

  /** Whether it never returned. */
  public boolean pending() {
    return end == PENDING;
  }
}
