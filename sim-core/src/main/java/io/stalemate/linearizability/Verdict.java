package io.stalemate.linearizability;

/** What a {@link Checker} says of a history. */
public enum Verdict {
  /** Some order of the operations explains every result. */
  YES,
  /** No order does. */
  NO,
  /** The bound on the search was reached before either was known. */
  UNKNOWN
}
