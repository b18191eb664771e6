package io.stalemate.machine;

/** What a guest instruction does to memory. */
public enum Access {
  LOAD,
  STORE,
  FETCH,
  /** {@code LDG}: loads allocation tags. */
  LOAD_TAGS,
  /** {@code STG}: stores allocation tags. */
  STORE_TAGS
}
