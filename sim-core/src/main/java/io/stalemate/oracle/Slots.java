package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Trace;

/** The memslots as the events of a run tell them: which hva page is behind a gfn. */
final class Slots {

  /** No slot is known for the gfn. */
  static final long NO_HVA = -1;

  private static final int ACTIVE = 1;
  private static final int INVALID = 2;
  private static final int GONE = 3;

  private static final int ID = 0;
  private static final int START = 1;
  private static final int PAGES = 2;
  private static final int HVA = 3;
  private static final int STATE = 4;
  private static final int EVENT = 5;

  private final KeyedRows slots = new KeyedRows(6);

  void clear() {
    slots.clear();
  }

  /** Takes a {@code SLOT_*} tracepoint in. */
  void on(Trace trace, int event) {
    Tracepoint point = trace.point(event);
    switch (point) {
      case SLOT_INSTALL -> {
        int known = matching(trace, event, INVALID);
        // A delete that failed brings the slot back; otherwise it is a new one.
        int slot = known >= 0 ? known : slots.row(slots.size());
        slots.set(slot, ID, trace.a(event));
        slots.set(slot, START, trace.b(event));
        slots.set(slot, PAGES, trace.c(event));
        slots.set(slot, HVA, trace.d(event));
        become(slot, ACTIVE, event);
      }
      case SLOT_INVALID -> become(matching(trace, event, ACTIVE), INVALID, event);
      case SLOT_GONE -> {
        int slot = matching(trace, event, INVALID);
        become(slot >= 0 ? slot : matching(trace, event, ACTIVE), GONE, event);
      }
      default -> {}
    }
  }

  /** Yields the hva page behind {@code gfn}; a slot being deleted still counts. Without any slot event, the gfn. */
  long hva(long gfn) {
    if (slots.size() == 0) {
      return gfn;
    }
    int slot = covering(gfn, ACTIVE);
    if (slot < 0) {
      slot = covering(gfn, INVALID);
    }
    return slot < 0 ? NO_HVA : hva(slot, gfn);
  }

  /** Yields the id of the active slot over {@code gfn}, or -1. */
  long id(long gfn) {
    int slot = covering(gfn, ACTIVE);
    return slot < 0 ? -1 : slots.get(slot, ID);
  }

  /** As {@link #hva}, but a slot that is gone answers too if no other does. */
  long lastHva(long gfn) {
    long hva = hva(gfn);
    int slot = hva == NO_HVA ? covering(gfn, GONE) : -1;
    return slot < 0 ? hva : hva(slot, gfn);
  }

  /** Yields the event since which an active slot covers {@code gfn}, or -1 if none does. */
  int activeSince(long gfn) {
    int slot = covering(gfn, ACTIVE);
    return slot < 0 ? -1 : (int) slots.get(slot, EVENT);
  }

  /** Yields the event at which the last slot over {@code gfn} went away, or -1 if one is there or none ever was. */
  int goneAt(long gfn) {
    if (slots.size() == 0 || hva(gfn) != NO_HVA) {
      return -1;
    }
    int slot = covering(gfn, GONE);
    return slot < 0 ? -1 : (int) slots.get(slot, EVENT);
  }

  private long hva(int slot, long gfn) {
    return slots.get(slot, HVA) + gfn - slots.get(slot, START);
  }

  private void become(int slot, int state, int event) {
    if (slot >= 0) {
      slots.set(slot, STATE, state);
      slots.set(slot, EVENT, event);
    }
  }

  private int covering(long gfn, int state) {
    for (int i = slots.size() - 1; i >= 0; i--) {
      long offset = gfn - slots.get(i, START);
      if (slots.get(i, STATE) == state && offset >= 0 && offset < slots.get(i, PAGES)) {
        return i;
      }
    }
    return -1;
  }

  private int matching(Trace trace, int event, int state) {
    for (int i = slots.size() - 1; i >= 0; i--) {
      if (slots.get(i, STATE) == state
          && slots.get(i, ID) == trace.a(event)
          && slots.get(i, START) == trace.b(event)
          && slots.get(i, HVA) == trace.d(event)) {
        return i;
      }
    }
    return -1;
  }
}
