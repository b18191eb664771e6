package io.stalemate.strategy;

/** The operations that tasks have announced and not yet performed. */
public interface Announced {

  /** Yields the opcode (ordinal of {@link io.stalemate.trace.Op}) that {@code task} announced. */
  int opcode(int task);

  /** Yields the object of that operation. */
  int object(int task);
}
