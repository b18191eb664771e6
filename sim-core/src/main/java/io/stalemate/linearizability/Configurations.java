package io.stalemate.linearizability;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A set of configurations in the order they were added: a state, which of the open operations have taken effect (a bit
 * each), and the trail that led there. The trail does not count for equality: any will do.
 */
final class Configurations<S> {

  private final List<S> states = new ArrayList<>();
  private long[] effected = new long[16];
  private int[] trails = new int[16];
  // Open addressing: stamp in the upper half, index in the lower; another stamp means empty.
  private long[] places = new long[64];
  private int stamp = 1;

  void clear() {
    states.clear();
    stamp++;
    if (stamp == Integer.MAX_VALUE) {
      Arrays.fill(places, 0);
      stamp = 1;
    }
  }

  int size() {
    return states.size();
  }

  S state(int index) {
    return states.get(index);
  }

  long effected(int index) {
    return effected[index];
  }

  int trail(int index) {
    return trails[index];
  }

  /** Adds a configuration unless an equal one is there. */
  void add(S state, long operations, int trail) {
    int mask = places.length - 1;
    int at = spread(operations) & mask;
    while ((int) (places[at] >>> 32) == stamp) {
      int known = (int) places[at];
      if (effected[known] == operations && states.get(known).equals(state)) {
        return;
      }
      at = (at + 1) & mask;
    }
    int index = states.size();
    if (index == trails.length) {
      effected = Arrays.copyOf(effected, index * 2);
      trails = Arrays.copyOf(trails, index * 2);
    }
    states.add(state);
    effected[index] = operations;
    trails[index] = trail;
    places[at] = (long) stamp << 32 | index;
    if (states.size() * 2 > places.length) {
      grow();
    }
  }

  private void grow() {
    places = new long[places.length * 2];
    int mask = places.length - 1;
    for (int i = 0; i < states.size(); i++) {
      int at = spread(effected[i]) & mask;
      while ((int) (places[at] >>> 32) == stamp) {
        at = (at + 1) & mask;
      }
      places[at] = (long) stamp << 32 | i;
    }
  }

  /** States are left out: the same operations lead to few different ones. */
  private static int spread(long operations) {
    long z = operations * 0x9e3779b97f4a7c15L;
    return (int) (z >>> 32) ^ (int) (z >>> 47);
  }
}
