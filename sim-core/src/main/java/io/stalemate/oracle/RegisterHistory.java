package io.stalemate.oracle;

import io.stalemate.linearizability.Operation;
import io.stalemate.linearizability.Register;
import io.stalemate.linearizability.RegisterOperation;
import io.stalemate.trace.Trace;
import java.util.List;
import java.util.function.LongFunction;

/**
 * Decides whether loads and stores that overlap in time are those of one register. A value that nobody stores was there
 * from the beginning, or came from somewhere unseen, at any time.
 */
final class RegisterHistory {

  private static final long UNKNOWN = -1;
  private static final int PLACE = 0;
  private static final int BEGINNING = 0;

  private final ConcurrentHistory<Long, RegisterOperation> history;
  // By value: when its first store began, plus 1.
  private final KeyedRows values = new KeyedRows(1);

  /** Of values from 0 on, which people call what {@code words} says. */
  RegisterHistory(LongFunction<String> words) {
    this.history = new ConcurrentHistory<>(new Register(UNKNOWN, words));
  }

  /** Forgets everything. */
  void clear() {
    history.clear();
    values.clear();
  }

  /** Adds an access of {@code task} that took effect between two events. */
  void add(int task, long value, boolean store, int begin, int end) {
    int row = values.row(value);
    if (store) {
      long before = values.get(row, 0);
      values.set(row, 0, before == 0 ? begin + 1L : Math.min(before, begin + 1L));
    }
    history.add(task, store ? new RegisterOperation.Store(PLACE, value) : new RegisterOperation.Load(PLACE, value),
        begin, end);
  }

  /** Whether the accesses are those of one register; if not, {@link #first} and {@link #second} say which values. */
  boolean linearizes() {
    for (int row = 0; row < values.size(); row++) {
      if (values.get(row, 0) == 0) {
        history.add(
            Trace.BOOT, new RegisterOperation.Store(PLACE, values.key(row)), BEGINNING, Operation.PENDING);
      }
    }
    return !history.refused();
  }

  /** Once that was asked: whether it was too hard to say. */
  boolean undecided() {
    return history.undecided();
  }

  /** A value that comes back after {@link #second}. */
  long first() {
    return switch (history.stuck().what()) {
      case RegisterOperation.Load(long place, long value) -> value;
      case RegisterOperation.Store(long place, long value) ->
          throw new IllegalStateException("a register refuses to store " + value);
    };
  }

  /** The other value; the same as the first if it was loaded before it was stored. */
  long second() {
    long begun = values.get(values.find(first()), 0) - 1;
    return begun > history.stuck().end() ? first() : history.reached();
  }

  /** The history that is no register's, drawn. */
  List<String> drawn(Trace trace) {
    return history.drawn(trace);
  }
}
