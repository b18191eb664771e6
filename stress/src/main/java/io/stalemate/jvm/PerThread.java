package io.stalemate.jvm;

import java.util.Arrays;

/**
 * A counter of each thread's own: how often it is inside something. A short table instead of thread locals: machines
 * are made by the million, and what threads keep of dead ones is only found bit by bit.
 */
final class PerThread {

  private static final Count[] NONE = {};

  // Copied when a thread comes that is new here, under the monitor of this.
  private volatile Count[] counts = NONE;

  private static final class Count {
    final Thread thread;
    // Read and written by the thread alone.
    int count;

    Count(Thread thread) {
      this.thread = thread;
    }
  }

  /** Yields the caller's count. */
  int get() {
    Count[] all = counts;
    int index = find(all, Thread.currentThread());
    return index < 0 ? 0 : all[index].count;
  }

  /** Adds {@code delta} to the caller's count. */
  void add(int delta) {
    int index = index();
    counts[index].count += delta;
  }

  /** Yields the caller's number: threads are numbered from 0 as they come here first. */
  int index() {
    Thread caller = Thread.currentThread();
    int index = find(counts, caller);
    return index < 0 ? join(caller) : index;
  }

  private synchronized int join(Thread caller) {
    int index = counts.length;
    Count[] more = Arrays.copyOf(counts, index + 1);
    more[index] = new Count(caller);
    counts = more;
    return index;
  }

  private static int find(Count[] all, Thread caller) {
    for (int i = 0; i < all.length; i++) {
      if (all[i].thread == caller) {
        return i;
      }
    }
    return -1;
  }
}
