package io.stalemate.linux.kvm;

import io.stalemate.machine.Machine;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;

/**
 * {@code struct list_head} of works: each is named by the frame it lies in and linked through one of its words. Whoever
 * guards the list is the caller's business; only {@link #isEmptyCareful} may be asked without.
 */
final class WorkList {

  private final Machine m;
  private final int link;
  // The first and the last work, 0 for none.
  private final Word head;
  private final Word tail;

  /**
   * An empty list in words {@code at} and {@code at + 1} of {@code owner}; works are linked by their word {@code
   * link}.
   */
  WorkList(Machine m, WordArray owner, int at, int link) {
    this.m = m;
    this.link = link;
    this.head = owner.at(at);
    this.tail = owner.at(at + 1);
  }

  /** {@code list_empty_careful()}: without a lock. */
  boolean isEmptyCareful() {
    return head.readOnce() == 0;
  }

  /** The first work; 0 if there is none. */
  long first() {
    return head.readOnce();
  }

  /** The work behind {@code work}; 0 if it is the last. */
  long next(long work) {
    return link(work).read();
  }

  /** {@code list_add_tail()}. */
  void addTail(long work) {
    link(work).write(0);
    long last = tail.read();
    tail.write(work);
    if (last == 0) {
      head.writeOnce(work);
    } else {
      link(last).write(work);
    }
  }

  /** {@code list_del()}; yields whether {@code work} was in the list. */
  boolean remove(long work) {
    long before = 0;
    long at = first();
    while (at != 0 && at != work) {
      before = at;
      at = next(at);
    }
    if (at == 0) {
      return false;
    }
    long after = next(work);
    if (before == 0) {
      head.writeOnce(after);
    } else {
      link(before).write(after);
    }
    if (after == 0) {
      tail.write(before);
    }
    return true;
  }

  private Word link(long work) {
    return m.pages().words(work).at(link);
  }
}
