package io.stalemate.sequential;

import io.stalemate.machine.Word;

/** A word of a {@code long[]}; marked and plain accesses are the same here. */
final class SequentialWord implements Word {

  private final long[] memory;
  private final int index;

  SequentialWord(long[] memory, int index) {
    this.memory = memory;
    this.index = index;
  }

  /** A word of its own. */
  static SequentialWord of(long initial) {
    return new SequentialWord(new long[] {initial}, 0);
  }

  @Override
  public long read() {
    return memory[index];
  }

  @Override
  public void write(long value) {
    memory[index] = value;
  }

  @Override
  public long readOnce() {
    return memory[index];
  }

  @Override
  public void writeOnce(long value) {
    memory[index] = value;
  }

  @Override
  public long loadAcquire() {
    return memory[index];
  }

  @Override
  public void storeRelease(long value) {
    memory[index] = value;
  }

  @Override
  public long cmpxchg(long expected, long value) {
    long old = memory[index];
    if (old == expected) {
      memory[index] = value;
    }
    return old;
  }

  @Override
  public long xchg(long value) {
    long old = memory[index];
    memory[index] = value;
    return old;
  }

  @Override
  public long fetchAdd(long delta) {
    return xchg(memory[index] + delta);
  }

  @Override
  public long fetchOr(long mask) {
    return xchg(memory[index] | mask);
  }

  @Override
  public long fetchAnd(long mask) {
    return xchg(memory[index] & mask);
  }
}
