package io.stalemate.strategy;

/** Sets of tasks as the bits of a long. */
final class Bits {

  private Bits() {}

  /** Yields the position of the {@code n}-th set bit of {@code mask}, counted from 0. */
  static int nth(long mask, int n) {
    long rest = mask;
    for (int i = 0; i < n; i++) {
      rest &= rest - 1;
    }
    return Long.numberOfTrailingZeros(rest);
  }

  /** Yields the lowest member after {@code task}, or the lowest of all if there is none. */
  static int after(long mask, int task) {
    long later = task >= 63 ? 0 : mask & (-1L << (task + 1));
    return Long.numberOfTrailingZeros(later != 0 ? later : mask);
  }
}
