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
  private static final int KVM_USER_MEM_SLOTS = 32767;

  private static final int START = 0;
  private static final int PAGES = 1;
  private static final int STATE = 2;
  private static final int FLAGS = 3;
  // Flags that were said before the slot they are for.
  private static final int FLAGS_AHEAD = 4;
  // Whether the swap that made the slot invalid is still to be told.
  private static final int SWAP_AHEAD = 5;

  private static final int GONE = 0;
  private static final int ACTIVE = 1;
  private static final int GOING = 2;

  // By slot id: an id is in use once at a time.
  private final KeyedRows slots = new KeyedRows(6);

  void clear() {
    slots.clear();
  }

  /**
   * {@code SLOTS_SWAP}, which follows what it made visible: an invalid slot that was so before is not in the new set.
   * Whoever does not tell of swaps sees an invalid slot until the ioctl returns.
   */
  void swapped() {
    for (int slot = 0; slot < slots.size(); slot++) {
      if (slots.get(slot, STATE) == GOING && slots.get(slot, SWAP_AHEAD) == 0) {
        slots.set(slot, STATE, GONE);
      }
      slots.set(slot, SWAP_AHEAD, 0);
    }
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
      case SLOT_INVALID -> {
        slots.set(slot, STATE, GOING);
        slots.set(slot, SWAP_AHEAD, 1);
      }
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

  /** Whether a slot of KVM's own is behind {@code gfn}. */
  boolean internal(long gfn) {
    for (int slot = 0; slot < slots.size(); slot++) {
      long offset = gfn - slots.get(slot, START);
      if (slots.key(slot) >= KVM_USER_MEM_SLOTS && slots.get(slot, STATE) == ACTIVE
          && offset >= 0 && offset < slots.get(slot, PAGES)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the memslot {@code id} is in use and logs dirty pages. */
  boolean logs(long id) {
    int slot = slots.find(id);
    return slot >= 0 && slots.get(slot, STATE) == ACTIVE && (slots.get(slot, FLAGS) & KVM_MEM_LOG_DIRTY_PAGES) != 0;
  }
}
