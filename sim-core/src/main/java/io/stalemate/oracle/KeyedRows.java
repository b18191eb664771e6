package io.stalemate.oracle;

import java.util.Arrays;

/**
 * Rows of longs found by a key, numbered in the order they were added, so that going through them is the same
 * everywhere. Clearing is free, and nothing is allocated once the arrays have grown to the size of a run.
 */
final class KeyedRows {

  private final int columns;
  private long[] keys = new long[16];
  private long[] cells;
  // Open addressing: stamp in the upper half, row in the lower; another stamp means empty.
  private long[] places = new long[64];
  private int stamp = 1;
  private int size;

  /** Rows of {@code columns} longs. */
  KeyedRows(int columns) {
    this.columns = columns;
    this.cells = new long[16 * columns];
  }

  /** Forgets all rows. */
  void clear() {
    size = 0;
    stamp++;
    if (stamp == Integer.MAX_VALUE) {
      Arrays.fill(places, 0);
      stamp = 1;
    }
  }

  /** Number of rows. */
  int size() {
    return size;
  }

  /** Yields the row of {@code key}, or -1. */
  int find(long key) {
    int mask = places.length - 1;
    for (int at = spread(key) & mask; ; at = (at + 1) & mask) {
      long place = places[at];
      if ((int) (place >>> 32) != stamp) {
        return -1;
      }
      if (keys[(int) place] == key) {
        return (int) place;
      }
    }
  }

  /** Yields the row of {@code key}, adding one of zeros if there is none. */
  int row(long key) {
    int known = find(key);
    if (known >= 0) {
      return known;
    }
    if (size == keys.length) {
      keys = Arrays.copyOf(keys, size * 2);
      cells = Arrays.copyOf(cells, size * 2 * columns);
    }
    int row = size++;
    keys[row] = key;
    Arrays.fill(cells, row * columns, (row + 1) * columns, 0);
    if (size * 2 > places.length) {
      places = new long[places.length * 2];
      for (int i = 0; i < size; i++) {
        place(i);
      }
    } else {
      place(row);
    }
    return row;
  }

  long key(int row) {
    return keys[row];
  }

  long get(int row, int column) {
    return cells[row * columns + column];
  }

  void set(int row, int column, long value) {
    cells[row * columns + column] = value;
  }

  private void place(int row) {
    int mask = places.length - 1;
    int at = spread(keys[row]) & mask;
    while ((int) (places[at] >>> 32) == stamp) {
      at = (at + 1) & mask;
    }
    places[at] = (long) stamp << 32 | row;
  }

  private static int spread(long key) {
    long z = key * 0x9e3779b97f4a7c15L;
    return (int) (z >>> 32) ^ (int) (z >>> 47);
  }
}
