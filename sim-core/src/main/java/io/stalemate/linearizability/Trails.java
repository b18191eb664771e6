package io.stalemate.linearizability;

import java.util.Arrays;

/** Orders of operations that share their beginnings: each trail is one operation after another trail. */
final class Trails {

  /** The trail of no operation. */
  static final int EMPTY = -1;

  private int[] befores = new int[64];
  private int[] operations = new int[64];
  private int[] lengths = new int[64];
  private int size;

  void clear() {
    size = 0;
  }

  /** Yields the trail {@code before} followed by {@code operation}. */
  int then(int before, int operation) {
    if (size == operations.length) {
      befores = Arrays.copyOf(befores, size * 2);
      operations = Arrays.copyOf(operations, size * 2);
      lengths = Arrays.copyOf(lengths, size * 2);
    }
    befores[size] = before;
    operations[size] = operation;
    lengths[size] = length(before) + 1;
    return size++;
  }

  int length(int trail) {
    return trail == EMPTY ? 0 : lengths[trail];
  }

  /** Yields the operations of {@code trail}, first one first. */
  int[] operations(int trail) {
    int[] order = new int[length(trail)];
    int at = trail;
    for (int i = order.length - 1; i >= 0; i--) {
      order[i] = operations[at];
      at = befores[at];
    }
    return order;
  }
}
