package io.stalemate.sim;

import java.util.Arrays;

/** Sequential consistency: one value a word, every task sees every store at once. */
public final class SequentialMemory implements Memory {

  private long[] values = new long[256];

  @Override
  public void clear() {}

  @Override
  public void define(int id, long initial) {
    reach(id + 1);
    values[id] = initial;
  }

  @Override
  public void defineRow(int first, int count) {
    reach(first + count);
    Arrays.fill(values, first, first + count, 0);
  }

  private void reach(int size) {
    if (size > values.length) {
      values = Arrays.copyOf(values, Math.max(size, values.length * 2));
    }
  }

  @Override
  public long load(int task, int id, int opcode) {
    return values[id];
  }

  @Override
  public void store(int task, int id, long value, int opcode) {
    values[id] = value;
  }

  @Override
  public long exchange(int task, int id, long value, int opcode) {
    long before = values[id];
    values[id] = value;
    return before;
  }

  @Override
  public void barrier(int task, int opcode) {}
}
