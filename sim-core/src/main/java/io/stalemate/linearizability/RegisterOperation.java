package io.stalemate.linearizability;

/** What is done to a {@link Register}; {@code place} says which of many registers. */
public sealed interface RegisterOperation {

  /** Which register. */
  long place();

  /** The register yields {@code value}. */
  record Load(long place, long value) implements RegisterOperation {}

  /** The register holds {@code value} from then on. */
  record Store(long place, long value) implements RegisterOperation {}
}
