package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Trace;
import java.util.List;

/**
 * Whose each page is under protected KVM, as the results of the transitions tell it: the table of transitions run as a
 * state machine, one page a state. Locks order the transitions of a page, and each is announced before they are let go.
 */
final class PageOwners {

  /** Errnos by name, and their numbers in the same order. */
  private static final List<String> ERRNOS =
      List.of("-EPERM", "-ENOENT", "-EBUSY", "-EINVAL", "-EAGAIN", "-ENOMEM", "-EFAULT");
  private static final int[] NUMBERS = {-1, -2, -16, -22, -11, -12, -14};

  private static final int STATE = 0;
  private static final int COUNT = 1;
  private static final int EVENT = 2;
  private static final int REGION = 3;

  private final DecisionTable table = DecisionTable.resource("page-transitions.tsv");
  private final List<String> states = table.values(0);
  private final List<String> calls = table.values(1);
  private final int mmio = states.indexOf("mmio");
  private final int hypOwned = states.indexOf("hyp-owned");
  private final int sharedGuest = states.indexOf("shared-guest");
  private final int hostAbort = calls.indexOf("host-abort");
  private final int hypDonateHost = calls.indexOf("hyp-donate-host");
  private final int shareGuest = calls.indexOf("share-guest");
  private final int unshareGuest = calls.indexOf("unshare-guest");
  // By row of the table: the state after and the change of the count; -1 for rows that refuse.
  private final int[] next = new int[table.rows()];
  private final int[] delta = new int[table.rows()];

  private final KeyedRows pages = new KeyedRows(4);
  private final KeyedRows gfns = new KeyedRows(2);
  private final int[] facts = new int[3];
  private boolean used;

  PageOwners() {
    for (int row = 0; row < next.length; row++) {
      String outcome = table.outcome(row);
      boolean more = outcome.endsWith("+");
      boolean less = outcome.startsWith("ok:") && outcome.endsWith("-");
      String state = outcome.replaceFirst("^ok:", "").replaceFirst("[+-]$", "");
      next[row] = outcome.startsWith("ok:") ? states.indexOf(state) : -1;
      delta[row] = more ? 1 : less ? -1 : 0;
    }
  }

  /** Forgets the run before. */
  void clear() {
    pages.clear();
    gfns.clear();
    used = false;
  }

  /** Whether the run is one of protected KVM. */
  boolean used() {
    return used;
  }

  /** {@code HYP_MEMORY}. */
  void memory(Trace trace, int event) {
    used = true;
    int state = states.indexOf(trace.c(event) == 0 ? "host-owned" : "no-map");
    for (long pfn = trace.a(event); pfn < trace.b(event); pfn++) {
      int page = pages.row(pfn);
      become(page, state, 0, event);
      pages.set(page, REGION, trace.b(event));
    }
  }

  /** Takes {@code PKVM_TRANSITION} in, if it succeeded, whatever the table thinks of it. */
  void transition(Trace trace, int event) {
    if (trace.d(event) != 0) {
      return;
    }
    int call = (int) trace.a(event);
    long end = trace.b(event) + pagesOf(trace, event);
    for (long pfn = trace.b(event); pfn < end; pfn++) {
      int row = row(pfn, call, trace.c(event));
      apply(pfn, next[row] >= 0 ? row : usualRow(call), event);
    }
    if (call == shareGuest || call == unshareGuest) {
      int gfn = gfns.row(trace.c(event));
      gfns.set(gfn, 0, call == shareGuest ? trace.b(event) : 0);
      gfns.set(gfn, 1, event);
    }
  }

  /** Whether {@code PKVM_TRANSITION} took a gfn from the guest. */
  boolean takesFromGuest(Trace trace, int event) {
    return trace.a(event) == unshareGuest && trace.d(event) == 0;
  }

  /** Number of pages that {@code PKVM_TRANSITION} is about. */
  long pagesOf(Trace trace, int event) {
    int call = (int) trace.a(event);
    return call == shareGuest || call == unshareGuest ? 1 : trace.c(event);
  }

  /**
   * Whether {@code PKVM_TRANSITION} on pages that {@code row} is about must fail for its range: it does not lie in one
   * region. The host's side is asked that, before the states of its pages; the initiator's side is asked first.
   */
  boolean rangeRefused(Trace trace, int event, int row) {
    if (trace.a(event) == hypDonateHost && refuses(row)) {
      return false;
    }
    long first = trace.b(event);
    for (long pfn = first + 1; pfn < first + pagesOf(trace, event); pfn++) {
      if (region(pfn) != region(first)) {
        return true;
      }
    }
    return false;
  }

  /** The page after the region that page {@code pfn} lies in; 0 for MMIO. */
  private long region(long pfn) {
    int page = pages.find(pfn);
    return page < 0 ? 0 : pages.get(page, REGION);
  }

  private void apply(long pfn, int row, int event) {
    int page = pages.row(pfn);
    long count = pages.get(page, COUNT) + delta[row];
    boolean stays = delta[row] < 0 && count > 0;
    become(page, stays ? (int) pages.get(page, STATE) - 1 : next[row], Math.max(count, 0), event);
  }

  private int usualRow(int call) {
    for (int row = 0; row < next.length; row++) {
      facts[0] = 0;
      for (int state = 0; state < states.size(); state++) {
        facts[0] = state;
        facts[1] = call;
        facts[2] = call == unshareGuest ? 1 : 0;
        if (table.row(facts) == row && next[row] >= 0) {
          return row;
        }
      }
    }
    throw new IllegalStateException("no row of the table lets " + calls.get(call) + " succeed");
  }

  private void become(int page, int state, long count, int event) {
    // 0 is a page that no event told of, which is MMIO.
    pages.set(page, STATE, state + 1L);
    pages.set(page, COUNT, count);
    pages.set(page, EVENT, event);
  }

  /** The number of page {@code pfn}'s state. */
  int state(long pfn) {
    int page = pages.find(pfn);
    return page < 0 || pages.get(page, STATE) == 0 ? mmio : (int) pages.get(page, STATE) - 1;
  }

  /** The state's name. */
  String stateName(int state) {
    return states.get(state);
  }

  /** The event that gave page {@code pfn} its state. */
  int event(long pfn) {
    int page = pages.find(pfn);
    return page < 0 ? 0 : (int) pages.get(page, EVENT);
  }

  /** Whether the hypervisor has page {@code pfn} for itself. */
  boolean hypOwned(long pfn) {
    return state(pfn) == hypOwned;
  }

  /** Whether the guest may use page {@code pfn} at {@code gfn}. */
  boolean guestMayUse(long gfn, long pfn) {
    int row = gfns.find(gfn);
    return row >= 0 && gfns.get(row, 0) == pfn && state(pfn) == sharedGuest;
  }

  /** The event that last changed what the guest has at {@code gfn}; 0 if none did. */
  int gfnEvent(long gfn) {
    int row = gfns.find(gfn);
    return row < 0 ? 0 : (int) gfns.get(row, 1);
  }

  /** The table's row for {@code call} on page {@code pfn} in the state it is in. */
  int row(long pfn, int call, long arg) {
    return row(state(pfn), call, arg);
  }

  private int row(int state, int call, long arg) {
    int gfn = gfns.find(arg);
    facts[0] = state;
    facts[1] = call;
    facts[2] = (call == shareGuest || call == unshareGuest) && gfn >= 0 && gfns.get(gfn, 0) != 0 ? 1 : 0;
    return table.row(facts);
  }

  /** The row for a host abort on a page in {@code state}. */
  int abortRow(int state) {
    return row(state, hostAbort, 0);
  }

  /** Whether {@code ret} is what {@code row} says. */
  boolean agrees(int row, long ret) {
    return switch (table.outcome(row)) {
      case "map" -> ret == 0 || ret == -11;
      case "never" -> false;
      default -> ret == (next[row] >= 0 ? 0 : NUMBERS[ERRNOS.indexOf(table.outcome(row))]);
    };
  }

  /** Whether {@code ret} is what a range that crosses regions yields. */
  static boolean isRangeRefusal(long ret) {
    return ret == NUMBERS[ERRNOS.indexOf("-EINVAL")];
  }

  /** Says {@code ret} as errnos are written. */
  static String errno(long ret) {
    for (int i = 0; i < NUMBERS.length; i++) {
      if (ret == NUMBERS[i]) {
        return ERRNOS.get(i);
      }
    }
    return Long.toString(ret);
  }

  /** Whether {@code row} refuses. */
  boolean refuses(int row) {
    return next[row] < 0;
  }

  /** The row as the table writes it. */
  String line(int row) {
    return table.line(row);
  }

  /** What the row asks for. */
  String outcome(int row) {
    return table.outcome(row);
  }

  /** The name of the call with number {@code call}. */
  String callName(long call) {
    return calls.get((int) call);
  }

  /** The tracepoints that {@link #memory} and {@link #transition} read. */
  static List<Tracepoint> points() {
    return List.of(Tracepoint.HYP_MEMORY, Tracepoint.PKVM_TRANSITION);
  }
}
