package io.stalemate.oracle;

import java.util.Arrays;

/**
 * Decides whether loads and stores that overlap in time are those of one register. Every value is stored once at most,
 * which makes the question easy: Gibbons and Korach, "Testing Shared Memories" (SIAM J. Comput. 1997), section 4. A
 * value's <em>zone</em> spans from the first end to the last beginning of its store and loads. It is forward if that
 * end comes first (the register held the value all through it), else backward (there is a moment that suits all). The
 * history is right iff no load ends before its store begins, no two forward zones overlap and no backward zone lies
 * inside a forward one.
 *
 * <p>A value without a store was there from the beginning, or came from somewhere unseen, at any time.
 */
final class RegisterHistory {

  private static final int END_FIRST = 0;
  private static final int BEGIN_LAST = 1;
  private static final int STORE_BEGIN = 2;
  private static final int LOAD_END_FIRST = 3;

  private final KeyedRows values = new KeyedRows(4);
  private long[] order = new long[16];
  private long firstValue;
  private long secondValue;

  /** Forgets everything. */
  void clear() {
    values.clear();
  }

  /** Adds an access that took effect between {@code begin} and {@code end}, which are 0 or later. */
  void add(long value, boolean store, int begin, int end) {
    int before = values.size();
    int row = values.row(value);
    if (row == before) {
      values.set(row, END_FIRST, Integer.MAX_VALUE);
      values.set(row, BEGIN_LAST, -1);
      values.set(row, STORE_BEGIN, -1);
      values.set(row, LOAD_END_FIRST, Integer.MAX_VALUE);
    }
    values.set(row, END_FIRST, Math.min(values.get(row, END_FIRST), end));
    values.set(row, BEGIN_LAST, Math.max(values.get(row, BEGIN_LAST), begin));
    if (store) {
      values.set(row, STORE_BEGIN, begin);
    } else {
      values.set(row, LOAD_END_FIRST, Math.min(values.get(row, LOAD_END_FIRST), end));
    }
  }

  /** Whether the accesses are those of one register; if not, {@link #first} and {@link #second} say which values. */
  boolean linearizes() {
    int forwards = 0;
    if (order.length < values.size()) {
      order = new long[values.size() * 2];
    }
    for (int row = 0; row < values.size(); row++) {
      if (values.get(row, LOAD_END_FIRST) < values.get(row, STORE_BEGIN)) {
        return conflict(row, row);
      }
      if (forward(row)) {
        order[forwards++] = low(row) << 32 | row;
      }
    }
    Arrays.sort(order, 0, forwards);
    for (int i = 1; i < forwards; i++) {
      if (low((int) order[i]) < high((int) order[i - 1])) {
        return conflict((int) order[i - 1], (int) order[i]);
      }
    }
    for (int row = 0; row < values.size(); row++) {
      if (!forward(row)) {
        // The last forward zone that begins before it: forward zones are disjoint, so no other can hold it.
        int at = Arrays.binarySearch(order, 0, forwards, low(row) << 32);
        int around = (at < 0 ? -at - 1 : at) - 1;
        if (around >= 0 && high(row) < high((int) order[around])) {
          return conflict((int) order[around], row);
        }
      }
    }
    return true;
  }

  /** A value that was there before and after {@link #second}. */
  long first() {
    return firstValue;
  }

  /** The other value; the same as the first if it was loaded before it was stored. */
  long second() {
    return secondValue;
  }

  private boolean conflict(int first, int second) {
    firstValue = values.key(first);
    secondValue = values.key(second);
    return false;
  }

  private boolean forward(int row) {
    return values.get(row, END_FIRST) < values.get(row, BEGIN_LAST);
  }

  private long low(int row) {
    return Math.min(values.get(row, END_FIRST), values.get(row, BEGIN_LAST));
  }

  private long high(int row) {
    return Math.max(values.get(row, END_FIRST), values.get(row, BEGIN_LAST));
  }
}
