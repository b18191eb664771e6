package io.stalemate.linearizability;

import java.util.Optional;

/**
 * A sequential object: what its operations may answer when they happen one after another. An operation carries its
 * result, so that the question is always whether it may have had this result in a given state.
 *
 * @param <S> states: values, compared with {@code equals}
 * @param <O> operations: values
 */
public interface Specification<S, O> {

  /** The state before anything happened. */
  S initial();

  /** Yields the state that {@code operation} leaves {@code state} in, or nothing if it cannot have its result there. */
  Optional<S> after(S state, O operation);

  /** Whether {@code operation} leaves every state as it is. Asked often; lets the checker place it without a search. */
  boolean observes(O operation);

  /** Yields the part of the object it touches. Operations on different parts are judged apart. */
  long key(O operation);

  /** Yields the operation as people write it, result included. */
  String text(O operation);
}
