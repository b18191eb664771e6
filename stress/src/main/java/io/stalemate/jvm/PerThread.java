package io.stalemate.jvm;

/** A counter of each thread's own: how often it is inside something. */
final class PerThread {

  private final ThreadLocal<int[]> count = ThreadLocal.withInitial(() -> new int[1]);

  int get() {
    return count.get()[0];
  }

  void add(int delta) {
    count.get()[0] += delta;
  }
}
