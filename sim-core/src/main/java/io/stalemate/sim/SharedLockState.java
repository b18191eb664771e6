package io.stalemate.sim;

/**
 * A reader-writer spinlock or semaphore. A writer that found the lock taken queues, and a queued writer keeps new
 * readers out, nested ones included.
 */
public final class SharedLockState extends LockState {

  private final int[] depths = new int[64];
  private int writer = NOBODY;
  private long readers;
  private long queued;

  @Override
  void reset() {
    while (readers != 0) {
      depths[Long.numberOfTrailingZeros(readers)] = 0;
      readers &= readers - 1;
    }
    writer = NOBODY;
    queued = 0;
    waiters = 0;
  }

  @Override
  public boolean admits(int task, int opcode) {
    if (opcode == Code.READ_LOCK || opcode == Code.DOWN_READ) {
      return writer == NOBODY && queued == 0;
    }
    if (opcode == Code.WRITE_LOCK || opcode == Code.DOWN_WRITE) {
      return writer == NOBODY && readers == 0;
    }
    return true;
  }

  /** Whether a task waits for the lock. */
  boolean isContended() {
    return queued != 0 || (waiters != 0 && writer != NOBODY);
  }

  @Override
  public void perform(int task, int opcode) {
    if (opcode == Code.READ_LOCK || opcode == Code.DOWN_READ || opcode == Code.DOWN_READ_TRYLOCK) {
      depths[task]++;
      readers |= 1L << task;
    } else if (opcode == Code.READ_UNLOCK || opcode == Code.UP_READ) {
      if (depths[task] > 0 && --depths[task] == 0) {
        readers &= ~(1L << task);
      }
    } else if (opcode == Code.WRITE_LOCK_QUEUED || opcode == Code.DOWN_WRITE_QUEUED) {
      queued |= 1L << task;
    } else if (opcode == Code.WRITE_LOCK || opcode == Code.DOWN_WRITE) {
      queued &= ~(1L << task);
      writer = task;
    } else if (writer == task) {
      writer = NOBODY;
    }
  }
}
