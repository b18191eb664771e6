package io.stalemate.oracle;

import io.stalemate.trace.Trace;
import java.util.Arrays;
import java.util.List;

/**
 * Reads and writes of the tag words of a run, each at a place (a tag word of an hva page) with a token, and with the
 * events between which it took effect. Numbered in the order they were added.
 */
final class TagAccesses {

  /** The end of an access that may still take effect. */
  static final int OPEN = Integer.MAX_VALUE;

  private static final int PLACE = 0;
  private static final int TOKEN = 1;
  private static final int STORE = 2;
  private static final int TASK = 3;
  private static final int BEGIN = 4;
  private static final int END = 5;
  private static final int HIT = 6;
  private static final int COLUMNS = 7;

  private final KeyedRows places = new KeyedRows(1);
  private final KeyedRows tokens = new KeyedRows(1);
  private final KeyedRows stored = new KeyedRows(1);
  private final RegisterHistory register = new RegisterHistory(value -> GuestTags.token(tokens.key((int) value)));
  private int[] cells = new int[64 * COLUMNS];
  private int size;

  void clear() {
    places.clear();
    tokens.clear();
    stored.clear();
    size = 0;
  }

  int size() {
    return size;
  }

  /** Adds an access that began at event {@code begin} and hit memory at event {@code hit}; yields its number. */
  int add(long place, long token, boolean store, int task, int begin, int hit) {
    if ((size + 1) * COLUMNS > cells.length) {
      cells = Arrays.copyOf(cells, cells.length * 2);
    }
    set(size, PLACE, places.row(place));
    set(size, TOKEN, tokens.row(token));
    set(size, STORE, store ? 1 : 0);
    set(size, TASK, task);
    set(size, BEGIN, begin);
    set(size, END, OPEN);
    set(size, HIT, hit);
    if (store) {
      stored.row(pair(get(size, PLACE), get(size, TOKEN)));
      tokens.set(get(size, TOKEN), 0, hit + 1L);
    }
    return size++;
  }

  /** Access {@code i} was over at event {@code end}. */
  void ends(int i, int end) {
    set(i, END, end);
  }

  boolean isOpen(int i) {
    return get(i, END) == OPEN;
  }

  boolean isStore(int i) {
    return get(i, STORE) == 1;
  }

  int task(int i) {
    return get(i, TASK);
  }

  int hit(int i) {
    return get(i, HIT);
  }

  long place(int i) {
    return places.key(get(i, PLACE));
  }

  long token(int i) {
    return tokens.key(get(i, TOKEN));
  }

  /** Whether anybody ever stored {@code token} at {@code place}. */
  boolean knows(long place, long token) {
    int p = places.find(place);
    int t = tokens.find(token);
    return p >= 0 && t >= 0 && stored.find(pair(p, t)) >= 0;
  }

  /** Yields the event at which the token of access {@code i} was last stored, wherever; -1 if it never was. */
  int storedAt(int i) {
    return (int) tokens.get(get(i, TOKEN), 0) - 1;
  }

  /**
   * Whether the accesses of {@code place} are those of one register; if not, {@link #first} and {@link #second} say
   * which tokens contradict each other.
   */
  boolean linearizes(Trace trace, long place) {
    int row = places.find(place);
    register.clear();
    for (int i = 0; i < size; i++) {
      if (get(i, PLACE) == row) {
        register.add(trace.task(hit(i)), get(i, TOKEN), isStore(i), get(i, BEGIN), get(i, END));
      }
    }
    return register.linearizes();
  }

  /** Once that was asked: whether it was too hard to say. */
  boolean undecided() {
    return register.undecided();
  }

  long first() {
    return tokens.key((int) register.first());
  }

  long second() {
    return tokens.key((int) register.second());
  }

  /** The history that is no register's, drawn. */
  List<String> drawn(Trace trace) {
    return register.drawn(trace);
  }

  /** Number of places. */
  int places() {
    return places.size();
  }

  /** Yields place number {@code n}. */
  long placeAt(int n) {
    return places.key(n);
  }

  private static long pair(int place, int token) {
    return (long) place << 32 | token;
  }

  private int get(int i, int column) {
    return cells[i * COLUMNS + column];
  }

  private void set(int i, int column, int value) {
    cells[i * COLUMNS + column] = value;
  }
}
