package io.stalemate.sim;

/** The state of a lock of any kind: a pure state machine, changed by its owner alone, read by the world. */
public abstract class LockState extends Gate implements LockOwner {

  /** No task. */
  static final int NOBODY = -1;

  /** Free, with nobody waiting. */
  abstract void reset();
}
