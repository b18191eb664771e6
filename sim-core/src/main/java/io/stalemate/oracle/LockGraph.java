package io.stalemate.oracle;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Lock classes and the orders in which they were taken, with lockdep's four kinds of dependency: the first lock held
 * shared or exclusively, the second taken by a recursive reader or not. A cycle is a possible deadlock only if it is
 * strong: nowhere does an edge to a recursive reader meet an edge from a shared holder
 * ({@code Documentation/locking/lockdep-design.rst}, "Recursive read locks").
 */
final class LockGraph {

  /** More classes than any VM has; what comes after them takes no part. */
  static final int CLASSES_MAX = 64;

  private static final int KINDS = 4;

  private final String[] names = new String[CLASSES_MAX];
  private int classes;
  // By first class, second class and kind: the events that held the one and took the other, plus one.
  private final int[] holding = new int[CLASSES_MAX * CLASSES_MAX * KINDS];
  private final int[] taking = new int[CLASSES_MAX * CLASSES_MAX * KINDS];
  private int[] added = new int[64];
  private int edges;
  // Search states: class and whether it was reached as a recursive reader.
  private final int[] cameBy = new int[CLASSES_MAX * 2];
  private final int[] cameFrom = new int[CLASSES_MAX * 2];
  private final int[] queue = new int[CLASSES_MAX * 2];

  void clear() {
    for (int i = 0; i < edges; i++) {
      holding[added[i]] = 0;
      taking[added[i]] = 0;
    }
    edges = 0;
    classes = 0;
  }

  /** Yields the class called {@code name}, or -1 if there are too many. */
  int classOf(String name) {
    for (int i = 0; i < classes; i++) {
      if (names[i].equals(name)) {
        return i;
      }
    }
    if (classes == CLASSES_MAX) {
      return -1;
    }
    names[classes] = name;
    return classes++;
  }

  String name(int lockClass) {
    return names[lockClass];
  }

  /** Adds "{@code second} was taken while {@code first} was held"; yields whether that is new. */
  boolean add(int first, Acquire heldAs, int second, Acquire takenAs, int heldEvent, int takenEvent) {
    int edge = edge(first, second, kind(heldAs, takenAs));
    if (holding[edge] != 0) {
      return false;
    }
    if (edges == added.length) {
      added = Arrays.copyOf(added, edges * 2);
    }
    added[edges++] = edge;
    holding[edge] = heldEvent + 1;
    taking[edge] = takenEvent + 1;
    return true;
  }

  /** Yields the edges of a strong cycle through the edge just added, that one first; empty if there is none. */
  List<Integer> cycle(int first, Acquire heldAs, int second, Acquire takenAs) {
    Arrays.fill(cameBy, 0, classes * 2, -1);
    int head = 0;
    int tail = 0;
    int closing = edge(first, second, kind(heldAs, takenAs));
    int start = state(second, takenAs.recursive());
    cameBy[start] = closing;
    queue[tail++] = start;
    while (head < tail) {
      int from = queue[head++];
      boolean recursive = (from & 1) != 0;
      for (int next = 0; next < classes; next++) {
        for (int kind = 0; kind < KINDS; kind++) {
          int edge = edge(from >> 1, next, kind);
          if (holding[edge] == 0 || (recursive && shared(kind))) {
            continue;
          }
          if (next == first && !(toRecursive(kind) && !heldAs.exclusive())) {
            return path(edge, from, start);
          }
          int to = state(next, toRecursive(kind));
          if (cameBy[to] < 0) {
            cameBy[to] = edge;
            cameFrom[to] = from;
            queue[tail++] = to;
          }
        }
      }
    }
    return List.of();
  }

  private List<Integer> path(int last, int from, int start) {
    List<Integer> path = new ArrayList<>();
    path.add(last);
    for (int at = from; at != start; at = cameFrom[at]) {
      path.add(cameBy[at]);
    }
    path.add(cameBy[start]);
    return path.reversed();
  }

  /** The event that took the first lock of {@code edge}. */
  int heldEvent(int edge) {
    return holding[edge] - 1;
  }

  /** The event that took, or waited for, the second lock of {@code edge}. */
  int takenEvent(int edge) {
    return taking[edge] - 1;
  }

  int firstClass(int edge) {
    return edge / KINDS / CLASSES_MAX;
  }

  int secondClass(int edge) {
    return edge / KINDS % CLASSES_MAX;
  }

  private static int edge(int first, int second, int kind) {
    return (first * CLASSES_MAX + second) * KINDS + kind;
  }

  private static int kind(Acquire heldAs, Acquire takenAs) {
    return (heldAs.exclusive() ? 0 : 2) | (takenAs.recursive() ? 1 : 0);
  }

  private static boolean shared(int kind) {
    return (kind & 2) != 0;
  }

  private static boolean toRecursive(int kind) {
    return (kind & 1) != 0;
  }

  private static int state(int lockClass, boolean recursive) {
    return lockClass << 1 | (recursive ? 1 : 0);
  }
}
