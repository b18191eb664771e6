package io.stalemate.oracle;

import io.stalemate.trace.Trace;

/** What kind of memslot, if any, is behind a gfn, as the events of a run tell. */
final class SlotKinds {

  /** Nothing. */
  static final int NONE = 0;
  /** A slot on its way out. */
  static final int INVALID = 1;
  /** A read-only slot. */
  static final int READ_ONLY = 2;
  /** A slot that may be written. */
  static final int WRITABLE = 3;

  private static final int KVM_MEM_LOG_DIRTY_PAGES = 1;
  private static final int KVM_MEM_READONLY = 1 << 1;

  private static final int START = 0;
  private static final int PAGES = 1;
  private static final int STATE = 2;
  private static final int FLAGS = 3;
  // Flags that were said before the slot they are for.
  private static final int FLAGS_AHEAD = 4;

  private static final int GONE = 0;
  private static final int ACTIVE = 1;
  private static final int GOING = 2;

  // By slot id: an id is in use once at a time.
  private final KeyedRows slots = new KeyedRows(5);

  void clear() {
    slots.clear();
  }

  /** Takes a {@code SLOT_*} tracepoint in. */
  void on(Trace trace, int event) {
    int slot = slots.row(trace.a(event));
    switch (trace.point(event)) {
      case SLOT_FLAGS -> slots.set(
          slot, slots.get(slot, STATE) == ACTIVE ? FLAGS : FLAGS_AHEAD, trace.b(event));
      case SLOT_INSTALL -> {
        slots.set(slot, START, trace.b(event));
        slots.set(slot, PAGES, trace.c(event));
        slots.set(slot, STATE, ACTIVE);
        slots.set(slot, FLAGS, slots.get(slot, FLAGS_AHEAD));
        slots.set(slot, FLAGS_AHEAD, 0);
      }
      case SLOT_INVALID -> slots.set(slot, STATE, GOING);
      case SLOT_GONE -> {
        // A slot that moved is gone from where it was, and active where it is.
        if (slots.get(slot, STATE) == GOING || slots.get(slot, START) == trace.b(event)) {
          slots.set(slot, STATE, GONE);
        }
      }
      default -> { }
    }
  }

  /** Yields the kind of slot behind {@code gfn}. */
  int kind(long gfn) {
    int kind = NONE;
    for (int slot = 0; slot < slots.size(); slot++) {
      long offset = gfn - slots.get(slot, START);
      if (offset >= 0 && offset < slots.get(slot, PAGES)) {
        int state = (int) slots.get(slot, STATE);
        if (state == ACTIVE) {
          return (slots.get(slot, FLAGS) & KVM_MEM_READONLY) != 0 ? READ_ONLY : WRITABLE;
        }
        kind = state == GOING ? INVALID : kind;
      }
    }
    return kind;
  }

  /** Whether the memslot {@code id} is in use and logs dirty pages. */
  boolean logs(long id) {
    int slot = slots.find(id);
    return slot >= 0 && slots.get(slot, STATE) == ACTIVE && (slots.get(slot, FLAGS) & KVM_MEM_LOG_DIRTY_PAGES) != 0;
  }
}
