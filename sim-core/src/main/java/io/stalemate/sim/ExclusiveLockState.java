package io.stalemate.sim;

/** A spinlock or mutex: free, or held by one task. An unlock by another task changes nothing; lockdep reports it. */
public final class ExclusiveLockState extends LockState {

  private int holder = NOBODY;

  @Override
  void reset() {
    holder = NOBODY;
    waiters = 0;
  }

  @Override
  public boolean admits(int task, int opcode) {
    return opcode == Code.SPIN_LOCK || opcode == Code.MUTEX_LOCK ? holder == NOBODY : true;
  }

  /** Whether the lock is free: what a try-lock asks. */
  public boolean isFree() {
    return holder == NOBODY;
  }

  @Override
  public void perform(int task, int opcode) {
    if (opcode == Code.SPIN_UNLOCK || opcode == Code.MUTEX_UNLOCK) {
      if (holder == task) {
        holder = NOBODY;
      }
    } else {
      holder = task;
    }
  }
}
