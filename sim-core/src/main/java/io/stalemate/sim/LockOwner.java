package io.stalemate.sim;

/** Changes a {@link LockState}; returns when the change is done. */
public interface LockOwner {

  /** Performs the lock operation {@code opcode} of {@code task}, which the state admits. */
  void perform(int task, int opcode);
}
