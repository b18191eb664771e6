package io.stalemate.sim;

/** Something a task may have to wait for. An operation it does not admit is not offered to the strategy. */
public abstract class Gate {

  /** The tasks, as bits, that have announced an operation here and not performed it. */
  long waiters;

  /** Whether {@code task} can perform {@code opcode} now. */
  public abstract boolean admits(int task, int opcode);
}
