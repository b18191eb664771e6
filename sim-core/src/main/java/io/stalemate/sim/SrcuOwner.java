package io.stalemate.sim;

/** Changes a {@link SrcuState}; returns when the change is done. */
public interface SrcuOwner {

  /** A read section of {@code task} begins. */
  void readLock(int task);

  /** A read section of {@code task} ends. */
  void readUnlock(int task);

  /** {@code task} starts a grace period. */
  void graceStart(int task);

  /** The grace period of {@code task} is over. */
  void graceEnd(int task);
}
