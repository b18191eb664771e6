package io.stalemate.linearizability;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Decides whether a history is linearizable: whether each operation can be given one moment between its call and its
 * return at which it takes effect, so that all results are those of the sequential specification (Herlihy and Wing,
 * "Linearizability", TOPLAS 1990).
 *
 * <p>The search is just-in-time linearization (Lowe, "Testing for linearizability", 2017), in the line of Wing and
 * Gong: it goes through calls and returns in order and keeps the set of configurations that explain them so far,
 * without repetition; an operation takes effect only when a return is due that needs it. An operation that only
 * observes takes effect as soon as it can: that forbids nothing to anybody. Parts of the object that do not touch are
 * judged apart (Horn and Kroening, "Faster linearizability checking via P-compositionality", 2015).
 *
 * <p>Not thread-safe; reused for many histories, it allocates little.
 */
public final class Checker<S, O> {

  private static final int NO_OPERATION = -1;
  private static final int OPERATION_BITS = 30;
  private static final long END = 1L << OPERATION_BITS;

  private final Specification<S, O> specification;
  private final int configurationsMax;

  private List<Operation<O>> history = List.of();
  // Calls and returns: moment, END if a return, operation.
  private long[] moments = new long[64];
  private long[] keys = new long[32];
  // The operations that are open: those called and not returned.
  private final int[] openAt = new int[Long.SIZE];
  private long open;
  private long observers;
  private int[] bitOf = new int[32];

  private Configurations<S> current = new Configurations<>();
  private Configurations<S> next = new Configurations<>();
  private final Configurations<S> pending = new Configurations<>();
  private final Trails trails = new Trails();
  private int explored;
  private long settled;
  private int settledTrail;
  private int order = Trails.EMPTY;
  private int stuck = NO_OPERATION;

  /**
   * A checker against {@code specification} that looks at {@code configurationsMax} configurations at most, for each
   * part of the object.
   */
  public Checker(Specification<S, O> specification, int configurationsMax) {
    this.specification = specification;
    this.configurationsMax = configurationsMax;
  }

  /**
   * Judges {@code operations}, in whatever order they come: {@link Verdict#NO} if one part is not linearizable, else
   * {@link Verdict#UNKNOWN} if one reached the bound, or has more than 64 operations open at once.
   */
  public Verdict check(List<Operation<O>> operations) {
    history = operations;
    stuck = NO_OPERATION;
    order = Trails.EMPTY;
    trails.clear();
    makeRoom();
    int parts = sortKeys();
    Verdict verdict = Verdict.YES;
    for (int part = 0; part < parts && verdict != Verdict.NO; part++) {
      Verdict ofPart = checkPart(keys[part]);
      verdict = ofPart == Verdict.YES ? verdict : ofPart;
    }
    return verdict;
  }

  /** After {@link Verdict#NO}: the index of the operation whose return nothing explains. */
  public int stuck() {
    return stuck;
  }

  /**
   * The operations, by index, in an order that explains them. After {@link Verdict#NO} that is the longest legal prefix
   * found of the part with the {@link #stuck} operation: all that returned before it, and maybe some that had not.
   * After {@link Verdict#YES} it is the order of the part with the largest key.
   */
  public int[] order() {
    return trails.operations(order);
  }

  private void makeRoom() {
    if (history.size() >= 1 << OPERATION_BITS) {
      throw new IllegalArgumentException("a history of " + history.size() + " operations");
    }
    if (bitOf.length < history.size()) {
      bitOf = new int[history.size() * 2];
      keys = new long[history.size() * 2];
      moments = new long[history.size() * 4];
    }
  }

  /** Yields the number of different keys, which are at the beginning of the array then. */
  private int sortKeys() {
    for (int i = 0; i < history.size(); i++) {
      keys[i] = specification.key(history.get(i).what());
    }
    Arrays.sort(keys, 0, history.size());
    int parts = 0;
    for (int i = 0; i < history.size(); i++) {
      if (i == 0 || keys[i] != keys[i - 1]) {
        keys[parts++] = keys[i];
      }
    }
    return parts;
  }

  private Verdict checkPart(long key) {
    int count = 0;
    for (int i = 0; i < history.size(); i++) {
      Operation<O> operation = history.get(i);
      if (specification.key(operation.what()) == key) {
        // Calls come before returns of the same moment: the two operations overlap.
        moments[count++] = (long) operation.begin() << OPERATION_BITS + 1 | i;
        if (!operation.pending()) {
          moments[count++] = (long) operation.end() << OPERATION_BITS + 1 | END | i;
        }
      }
    }
    Arrays.sort(moments, 0, count);
    open = 0;
    observers = 0;
    explored = 0;
    current.clear();
    current.add(specification.initial(), 0, Trails.EMPTY);
    for (int at = 0; at < count; at++) {
      int operation = (int) (moments[at] & END - 1);
      if ((moments[at] & END) == 0) {
        if (open == -1L) {
          return Verdict.UNKNOWN;
        }
        call(operation);
      } else {
        Verdict verdict = returned(operation);
        if (verdict != Verdict.YES) {
          return verdict;
        }
      }
    }
    order = current.trail(0);
    return Verdict.YES;
  }

  private void call(int operation) {
    int bit = Long.numberOfTrailingZeros(~open);
    bitOf[operation] = bit;
    openAt[bit] = operation;
    open |= 1L << bit;
    if (specification.observes(history.get(operation).what())) {
      observers |= 1L << bit;
      next.clear();
      for (int i = 0; i < current.size(); i++) {
        settle(current.state(i), current.effected(i), current.trail(i));
        next.add(current.state(i), settled, settledTrail);
      }
      swap();
    }
  }

  private Verdict returned(int operation) {
    long bit = 1L << bitOf[operation];
    next.clear();
    pending.clear();
    for (int i = 0; i < current.size(); i++) {
      keep(current.state(i), current.effected(i), current.trail(i), bit);
    }
    for (int i = 0; i < pending.size(); i++) {
      S state = pending.state(i);
      long effected = pending.effected(i);
      long candidates = open & ~effected & ~observers;
      for (; candidates != 0; candidates &= candidates - 1) {
        int candidate = Long.numberOfTrailingZeros(candidates);
        Optional<S> after = specification.after(state, history.get(openAt[candidate]).what());
        if (after.isPresent()) {
          if (++explored > configurationsMax) {
            return Verdict.UNKNOWN;
          }
          settle(after.get(), effected | 1L << candidate, trails.then(pending.trail(i), openAt[candidate]));
          keep(after.get(), settled, settledTrail, bit);
        }
      }
    }
    open &= ~bit;
    observers &= ~bit;
    if (next.size() == 0) {
      stuck = operation;
      order = longest();
      return Verdict.NO;
    }
    swap();
    return Verdict.YES;
  }

  /** A configuration in which the operation that is to return has taken effect goes on; the others are pursued. */
  private void keep(S state, long effected, int trail, long due) {
    if ((effected & due) != 0) {
      next.add(state, effected & ~due, trail);
    } else {
      pending.add(state, effected, trail);
    }
  }

  /** Lets every open observer take effect that fits {@code state}: {@link #settled} and {@link #settledTrail}. */
  private void settle(S state, long effected, int trail) {
    settled = effected;
    settledTrail = trail;
    for (long left = observers & ~effected; left != 0; left &= left - 1) {
      int observer = Long.numberOfTrailingZeros(left);
      if (specification.after(state, history.get(openAt[observer]).what()).isPresent()) {
        settled |= 1L << observer;
        settledTrail = trails.then(settledTrail, openAt[observer]);
      }
    }
  }

  private int longest() {
    int best = Trails.EMPTY;
    for (int i = 0; i < pending.size(); i++) {
      if (trails.length(pending.trail(i)) > trails.length(best)) {
        best = pending.trail(i);
      }
    }
    return best;
  }

  private void swap() {
    Configurations<S> free = current;
    current = next;
    next = free;
  }
}
