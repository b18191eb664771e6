package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;

/**
 * Whoever migrates a guest copies every page that the dirty log names after it was named, and at last, with the guest
 * stopped, what is dirty then. So a guest store to a logged slot is safe if an ioctl that names its page returns after
 * it, or if the page is still noted as dirty at the end of the run. One that is neither is lost: the destination gets
 * the page as it was before.
 *
 * <p>What an ioctl takes out of bitmap or ring counts as named when that ioctl returns, not before: until then stores
 * through translations that are about to be flushed are in the copy too. Stores before logging was turned on are none
 * of the log's business. Stores that KVM emulates in guest memory count like the guest's own.
 */
final class DirtyLog extends Watch {

  private static final String RULE = "a guest store is named by a harvest that returns after it, or is still pending";
  private static final int SLOT_SHIFT = 40;

  // Of slots, by id.
  private static final int START = 0;
  private static final int PAGES = 1;
  /** The event at which logging was on, plus 1. */
  private static final int LOGGED_SINCE = 2;

  // Of pages, by slot and page in it.
  /** The last store that no harvest has named, plus 1. */
  private static final int STORED = 0;
  private static final int BITMAP = 1;
  private static final int RING = 2;
  /** Where the page was last taken out of bitmap or ring, plus 1. */
  private static final int TAKEN = 3;
  /** Where the page was last named, plus 1. */
  private static final int NAMED = 4;
  /** Where the last store found it. */
  private static final int GFN = 5;

  /** Of {@code EMULATE}: KVM did the access in guest memory. */
  private static final int IN_MEMORY = 1;

  private final KeyedRows slots = new KeyedRows(3);
  private final KeyedRows pages = new KeyedRows(6);
  // What was taken and not yet named, and by which task.
  private int[] takenPage = new int[64];
  private int[] takenBy = new int[64];
  private int taken;

  DirtyLog() {
    super("dirty-log", "a guest store to a logged page is in no harvest and not pending: migration would lose it",
        EnumSet.of(Op.TRACE, Op.GUEST_STORE),
        EnumSet.of(Tracepoint.SLOT_INSTALL, Tracepoint.DIRTY_LOGGING, Tracepoint.DIRTY_SET, Tracepoint.DIRTY_TAKEN,
            Tracepoint.DIRTY_RING_PUSH, Tracepoint.DIRTY_RING_RESET, Tracepoint.DIRTY_REPORTED,
            Tracepoint.EMULATE));
  }

  @Override
  void reset() {
    slots.clear();
    pages.clear();
    taken = 0;
  }

  @Override
  public void on(int event) {
    Trace trace = trace();
    if (trace.op(event) == Op.GUEST_STORE) {
      store(event, trace.a(event));
      return;
    }
    switch (trace.point(event)) {
      case SLOT_INSTALL -> {
        int slot = slots.row(trace.a(event));
        slots.set(slot, START, trace.b(event));
        slots.set(slot, PAGES, trace.c(event));
      }
      case DIRTY_LOGGING -> {
        slots.set(slots.row(trace.a(event)), LOGGED_SINCE, trace.b(event) == 1 ? event + 1 : 0);
        forget(trace.a(event), trace.b(event) == 1);
      }
      case DIRTY_SET -> bits(event, true);
      case DIRTY_TAKEN -> bits(event, false);
      case DIRTY_RING_PUSH -> {
        int page = page(trace.b(event), trace.c(event));
        pages.set(page, RING, pages.get(page, RING) + 1);
      }
      case DIRTY_RING_RESET -> {
        int page = page(trace.b(event), trace.c(event));
        pages.set(page, RING, pages.get(page, RING) - 1);
        take(page, event);
      }
      case DIRTY_REPORTED -> reported(event);
      case EMULATE -> emulated(event);
      default -> {}
    }
  }

  /** KVM says so when the store is done and noted: a harvest that returned meanwhile has it. */
  private void emulated(int event) {
    Trace trace = trace();
    int store = trace.c(event) != 0 && trace.d(event) == IN_MEMORY ? Traces.emulatedAccess(trace, event) : -1;
    if (store >= 0) {
      store(store, trace.b(event) >>> StageTwoEntry.PAGE_SHIFT);
    }
  }

  private void store(int event, long gfn) {
    for (int slot = 0; slot < slots.size(); slot++) {
      long offset = gfn - slots.get(slot, START);
      if (slots.get(slot, LOGGED_SINCE) != 0 && offset >= 0 && offset < slots.get(slot, PAGES)) {
        int page = page(slots.key(slot), offset);
        if (event >= pages.get(page, NAMED) && event >= slots.get(slot, LOGGED_SINCE)) {
          pages.set(page, STORED, event + 1L);
          pages.set(page, GFN, gfn);
        }
      }
    }
  }

  /** Logging of a slot was turned on, or off, which takes the bitmap with it. Ring entries stay. */
  private void forget(long id, boolean on) {
    for (int page = 0; page < pages.size(); page++) {
      if (pages.key(page) >>> SLOT_SHIFT == id) {
        pages.set(page, STORED, 0);
        pages.set(page, BITMAP, on ? pages.get(page, BITMAP) : 0);
      }
    }
  }

  private void bits(int event, boolean set) {
    Trace trace = trace();
    for (long mask = trace.c(event); mask != 0; mask &= mask - 1) {
      int page = page(trace.a(event), trace.b(event) + Long.numberOfTrailingZeros(mask));
      pages.set(page, BITMAP, set ? 1 : 0);
      if (!set) {
        take(page, event);
      }
    }
  }

  private void take(int page, int event) {
    pages.set(page, TAKEN, event + 1);
    if (taken == takenPage.length) {
      takenPage = Arrays.copyOf(takenPage, taken * 2);
      takenBy = Arrays.copyOf(takenBy, taken * 2);
    }
    takenPage[taken] = page;
    takenBy[taken++] = trace().task(event);
  }

  private void reported(int event) {
    int left = 0;
    for (int i = 0; i < taken; i++) {
      if (takenBy[i] == trace().task(event)) {
        pages.set(takenPage[i], STORED, 0);
        pages.set(takenPage[i], NAMED, event + 1);
      } else {
        takenPage[left] = takenPage[i];
        takenBy[left++] = takenBy[i];
      }
    }
    taken = left;
  }

  private int page(long id, long offset) {
    return pages.row(id << SLOT_SHIFT | offset);
  }

  @Override
  public void end(Ending ending) {
    if (ending != Ending.QUIESCENT) {
      return;
    }
    for (int page = 0; page < pages.size() && !done(); page++) {
      if (pages.get(page, STORED) != 0 && pages.get(page, BITMAP) == 0 && pages.get(page, RING) <= 0) {
        lost(page);
      }
    }
  }

  private void lost(int page) {
    long id = pages.key(page) >>> SLOT_SHIFT;
    int slot = slots.row(id);
    int store = (int) pages.get(page, STORED) - 1;
    String gfn = hex(pages.get(page, GFN));
    List<Evidence> evidence = new ArrayList<>();
    evidence.add(new Evidence(store, "guest store to gfn " + gfn));
    int since = (int) slots.get(slot, LOGGED_SINCE) - 1;
    if (pages.get(page, NAMED) != 0) {
      evidence.add(new Evidence((int) pages.get(page, TAKEN) - 1, "gfn " + gfn + " is taken out of the dirty log"));
      evidence.add(new Evidence((int) pages.get(page, NAMED) - 1, "the harvest that names gfn " + gfn + " returns"));
    } else {
      evidence.add(new Evidence(since, "dirty logging of memslot " + id + " is on"));
    }
    report(Severity.CORRUPTION, "guest store to gfn " + gfn + " is lost to the dirty log of memslot " + id
        + ": no harvest names it and nothing is pending", RULE, evidence,
        List.of("migration copies the page before the store, and not again"));
  }
}
