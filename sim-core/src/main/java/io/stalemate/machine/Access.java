package io.stalemate.machine;

/** What a guest instruction does to memory. */
public enum Access {
  LOAD,
  STORE,
  FETCH
}
