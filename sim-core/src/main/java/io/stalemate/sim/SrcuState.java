package io.stalemate.sim;

/**
 * An SRCU (or RCU) domain: who is inside a read section, and for each running grace period which of the sections that
 * were open at its start are still open. The abstract guarantee of {@link io.stalemate.machine.Srcu}; the two-index
 * algorithm that implements it in the kernel is not modelled here.
 */
public final class SrcuState extends Gate implements SrcuOwner {

  private final int[] depths = new int[64];
  private final long[] waitsFor = new long[64];
  private long readers;
  private long periods;
  private int index;

  /** Nobody inside, no grace period running. */
  void reset() {
    java.util.Arrays.fill(depths, 0);
    readers = 0;
    periods = 0;
    index = 0;
    waiters = 0;
  }

  /** The index that a reader gets now. */
  int index() {
    return index;
  }

  @Override
  public boolean admits(int task, int opcode) {
    return opcode == Code.SRCU_GP_END || opcode == Code.RCU_GP_END ? waitsFor[task] == 0 : true;
  }

  /** The tasks, as bits, that are inside a section. */
  long readers() {
    return readers;
  }

  @Override
  public void readLock(int task) {
    depths[task]++;
    readers |= 1L << task;
  }

  @Override
  public void readUnlock(int task) {
    if (depths[task] == 0 || --depths[task] > 0) {
      return;
    }
    long bit = 1L << task;
    readers &= ~bit;
    for (long rest = periods; rest != 0; rest &= rest - 1) {
      waitsFor[Long.numberOfTrailingZeros(rest)] &= ~bit;
    }
  }

  @Override
  public void graceStart(int task) {
    waitsFor[task] = readers;
    periods |= 1L << task;
    index ^= 1;
  }

  @Override
  public void graceEnd(int task) {
    periods &= ~(1L << task);
  }
}
