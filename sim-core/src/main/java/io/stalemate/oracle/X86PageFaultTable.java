package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The decision table of x86's nested page faults ({@code x86-page-fault.tsv}) held against what becomes of each: the
 * RET_PF code or errno, and the exit if it is an errno. The facts are taken from the error code and from what was said
 * about the VM, its memslots, attributes and guest_memfds. What changes while a fault is being decided may be seen or
 * not.
 *
 * <p>A guest_memfd that is being closed refuses faults before its memslots lose it. So whether a private fault was
 * right to fail there is only known when the run is over.
 *
 * <p>Two rules stand beside the table: a fault that found no memory is not sent back because memory may have gone, and
 * the VMM is asked for the kind of page that the guest wants. Those of MMIO and emulation are {@link X86MmioRules}.
 */
final class X86PageFaultTable implements ConformanceTable {

  static final DecisionTable TABLE = DecisionTable.resource("x86-page-fault.tsv");

  private static final List<String> OUTCOMES = TABLE.outcomes();
  private static final String RULE = "kvm_mmu_page_fault() decides as the table x86-page-fault.tsv says: ";
  private static final String NO_MEMORY_RULE = "invalidations are about memory: a fault without a memslot has none";
  private static final String KIND_RULE = "KVM_EXIT_MEMORY_FAULT asks for the page that the guest wants";
  private static final int NONE = -1;

  // Columns of the table.
  private static final int ERA = 0;
  private static final int RSVD = 1;
  private static final int MMIO = 2;
  private static final int WANTS = 3;
  private static final int ATTRIBUTE = 4;
  private static final int SLOT = 5;
  private static final int TRACKED = 6;
  private static final int PRESENT = 7;
  private static final int ACCESS = 8;
  private static final int CACHING = 9;
  private static final int COLUMNS = 10;

  // Values of columns.
  private static final int NO_SLOT = 0;
  private static final int MMIO_VALID = 1;
  private static final int MMIO_STALE = 2;
  private static final int PLAIN = 3;
  private static final int GMEM = 4;
  private static final int INTERNAL = 5;

  /** Ordinal of the table's first era among all. */
  private static final int FIRST_ERA = 2;
  private static final int V6_8 = 0;
  private static final int V6_12 = 1;

  /** {@code CREATE_VM}: MMIO has SPTEs. */
  private static final int CAP_MMIO_CACHING = 2;

  // PFERR_* by bit.
  private static final int PRESENT_BIT = 0;
  private static final int WRITE_BIT = 1;
  private static final int RSVD_BIT = 3;
  private static final int FETCH_BIT = 4;
  private static final int PRIVATE_BIT = 49;

  /** {@code KVM_MEMORY_ATTRIBUTE_PRIVATE}. */
  private static final int ATTRIBUTE_PRIVATE_BIT = 3;

  private final SlotKinds slots = new SlotKinds();
  private final GmemPages gmem = new GmemPages();
  private final KeyedRows attributes = new KeyedRows(1);
  private final KeyedRows tracked = new KeyedRows(1);
  // By memslot: the gfn at which it was made invalid, plus 1.
  private final KeyedRows going = new KeyedRows(1);
  private final int[] facts = new int[COLUMNS];
  private int era;
  private int caching;
  private int changed;
  // The first private fault that failed though its gfn is bound to a guest_memfd: what to say of it, and of which gfn.
  private Runnable suspicion = () -> {};
  private long suspect;
  // By task: the event of the fault that is being decided; the errno it came to, if it did; values of the facts that
  // held meanwhile, as masks; what was made of an MMIO SPTE.
  private final int[] fault = new int[Watch.TASKS_MAX];
  private final int[] failed = new int[Watch.TASKS_MAX];
  private final int[] slotsSeen = new int[Watch.TASKS_MAX];
  private final int[] attributesSeen = new int[Watch.TASKS_MAX];
  private final int[] trackedSeen = new int[Watch.TASKS_MAX];
  private final int[] mmio = new int[Watch.TASKS_MAX];

  @Override
  public Set<Tracepoint> points() {
    return EnumSet.of(Tracepoint.CREATE_VM, Tracepoint.SLOT_INSTALL, Tracepoint.SLOT_INVALID, Tracepoint.SLOT_GONE,
        Tracepoint.SLOT_FLAGS, Tracepoint.SLOTS_SWAP, Tracepoint.MEM_ATTR, Tracepoint.GMEM_BIND,
        Tracepoint.WRITE_TRACK, Tracepoint.X86_FAULT, Tracepoint.X86_FAULT_RET, Tracepoint.VCPU_EXIT,
        Tracepoint.MMIO_SPTE_CHECK, Tracepoint.FAULT_RETRY, Tracepoint.MEMORY_FAULT_EXIT);
  }

  @Override
  public void begin() {
    slots.clear();
    gmem.clear();
    attributes.clear();
    tracked.clear();
    going.clear();
    era = NONE;
    changed = NONE;
    suspect = NONE;
    Arrays.fill(fault, NONE);
    Arrays.fill(failed, 0);
  }

  @Override
  public void on(Trace trace, int event, Deviations deviations) {
    int task = trace.task(event);
    switch (trace.point(event)) {
      case CREATE_VM -> {
        era = (int) trace.a(event) - FIRST_ERA;
        caching = bit(trace.d(event), CAP_MMIO_CACHING) == 1 ? 0 : 1;
      }
      case SLOT_INSTALL, SLOT_INVALID, SLOT_GONE, SLOT_FLAGS -> {
        slots.on(trace, event);
        endsTracking(trace, event);
        sees(trace, event);
      }
      case SLOTS_SWAP -> {
        slots.swapped();
        sees(trace, event);
      }
      case MEM_ATTR -> {
        attributes.set(attributes.row(trace.a(event)), 0, trace.b(event));
        sees(trace, event);
      }
      case GMEM_BIND -> {
        gmem.on(trace, event);
        if (suspect != NONE && gmem.bound(suspect) == GmemPages.NONE) {
          suspect = NONE;
        }
        sees(trace, event);
      }
      case WRITE_TRACK -> {
        tracked.set(tracked.row(trace.a(event)), 0, trace.b(event));
        sees(trace, event);
      }
      case FAULT_RETRY -> sentBack(trace, event, task, deviations);
      case X86_FAULT -> opens(trace, event, task);
      case MEMORY_FAULT_EXIT -> asks(trace, event, task, deviations);
      case MMIO_SPTE_CHECK -> mmio[task] = trace.d(event) == 1 ? MMIO_VALID : MMIO_STALE;
      case X86_FAULT_RET -> returned(trace, event, task, deviations);
      case VCPU_EXIT -> exited(trace, event, task, deviations);
      default -> {}
    }
  }

  private void sentBack(Trace trace, int event, int task, Deviations deviations) {
    if (fault[task] != NONE && slotsSeen[task] == 1 << NO_SLOT && gfn(trace, fault[task]) == trace.a(event)) {
      deviations.differs("page fault at " + Watch.hex(trace.b(fault[task])) + ", where no memory is, is sent back by "
          + "the retry check", NO_MEMORY_RULE,
          List.of(new Evidence(event, "the fault is sent back"), new Evidence(fault[task], "page fault")), List.of());
    }
  }

  /** The VMM is asked for a page of a kind. */
  private void asks(Trace trace, int event, int task, Deviations deviations) {
    int kind = (int) trace.c(event);
    if (fault[task] != NONE && !mayWant(trace.c(fault[task]), task, kind)) {
      deviations.differs("page fault at " + Watch.hex(trace.b(fault[task])) + " (error code "
          + Watch.hex(trace.c(fault[task])) + ") asks the VMM for a " + (kind == 1 ? "private" : "shared")
          + " page, and the guest wants the other kind", KIND_RULE,
          List.of(new Evidence(event, "the VMM is asked"), new Evidence(fault[task], "page fault")), List.of());
    }
  }

  /** What is tracked goes with its slot, but not if an invalid slot is put back. */
  private void endsTracking(Trace trace, int event) {
    int slot = going.row(trace.a(event));
    if (trace.point(event) == Tracepoint.SLOT_INVALID) {
      going.set(slot, 0, trace.b(event) + 1);
    }
    boolean comes = trace.point(event) == Tracepoint.SLOT_INSTALL && going.get(slot, 0) != trace.b(event) + 1;
    if (!comes && trace.point(event) != Tracepoint.SLOT_GONE) {
      return;
    }
    going.set(slot, 0, 0);
    for (int gfn = 0; gfn < tracked.size(); gfn++) {
      long page = tracked.key(gfn) - trace.b(event);
      if (page >= 0 && page < trace.c(event)) {
        tracked.set(gfn, 0, 0);
      }
    }
  }

  /** A fact changed: every fault under way may have seen the old value or the new one. */
  private void sees(Trace trace, int event) {
    changed = event;
    for (int task = 0; task < fault.length; task++) {
      if (fault[task] != NONE && failed[task] == 0) {
        see(trace, task);
      }
    }
  }

  private void see(Trace trace, int task) {
    long gfn = gfn(trace, fault[task]);
    slotsSeen[task] |= 1 << slot(gfn);
    attributesSeen[task] |= 1 << bit(value(attributes, gfn), ATTRIBUTE_PRIVATE_BIT);
    trackedSeen[task] |= 1 << value(tracked, gfn);
  }

  private int slot(long gfn) {
    if (slots.internal(gfn)) {
      return INTERNAL;
    }
    int kind = slots.kind(gfn);
    return kind == PLAIN && gmem.bound(gfn) != GmemPages.NONE ? GMEM : kind;
  }

  private static long value(KeyedRows rows, long gfn) {
    int row = rows.find(gfn);
    return row < 0 ? 0 : rows.get(row, 0);
  }

  private static long gfn(Trace trace, int faultEvent) {
    return trace.b(faultEvent) >>> StageTwoEntry.PAGE_SHIFT;
  }

  private static int bit(long value, int bit) {
    return (int) (value >>> bit) & 1;
  }

  private void opens(Trace trace, int event, int task) {
    fault[task] = era == V6_8 || era == V6_12 ? event : NONE;
    failed[task] = 0;
    slotsSeen[task] = 0;
    attributesSeen[task] = 0;
    trackedSeen[task] = 0;
    mmio[task] = 0;
    if (fault[task] != NONE) {
      see(trace, task);
    }
  }

  private void returned(Trace trace, int event, int task, Deviations deviations) {
    if (fault[task] == NONE || failed[task] != 0) {
      return;
    }
    int ret = (int) trace.d(event);
    if (ret < 0) {
      // Which exit it is remains to be seen.
      failed[task] = -ret;
      return;
    }
    judge(trace, event, task, NONE, ret, deviations);
  }

  private void exited(Trace trace, int event, int task, Deviations deviations) {
    int reason = (int) trace.b(event);
    if (fault[task] == NONE || failed[task] == 0) {
      return;
    }
    int ret = trace.d(event) == failed[task] ? -failed[task] : 0;
    boolean elsewhere = reason == FaultResults.EXIT_MEMORY_FAULT && gfn(trace, fault[task]) != trace.c(event) >>> 12;
    judge(trace, event, task, elsewhere ? FaultResults.EXIT_ELSEWHERE : reason, ret, deviations);
  }

  /** Judges {@code event}, which ends the task's fault in {@code ret} and, if that is an errno, the exit. */
  private void judge(Trace trace, int event, int task, int exit, int ret, Deviations deviations) {
    int open = fault[task];
    fault[task] = NONE;
    failed[task] = 0;
    boolean closing = false;
    List<String> expected = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    for (boolean more = first(trace, open, task); more; more = next(trace, open, task)) {
      int row = TABLE.row(facts);
      closing |= exit == FaultResults.EXIT_MEMORY_FAULT && facts[WANTS] == 1 && facts[SLOT] == GMEM;
      if (FaultResults.fits(OUTCOMES.get(TABLE.decided(row)), exit, ret)) {
        return;
      }
      if (!expected.contains(TABLE.outcome(row))) {
        expected.add(TABLE.outcome(row));
        notes.add(TABLE.describe(facts) + ": " + TABLE.outcome(row));
      }
    }
    List<Evidence> evidence = new ArrayList<>();
    evidence.add(new Evidence(event, "what became of the fault"));
    evidence.add(new Evidence(open, "page fault at " + Watch.hex(trace.b(open))));
    if (changed != NONE) {
      evidence.add(new Evidence(changed, "last change of memslots, attributes or tracking"));
    }
    String rows = String.join(" or ", expected);
    String what = "page fault at " + Watch.hex(trace.b(open)) + " (error code " + Watch.hex(trace.c(open))
        + ") ends in " + FaultResults.say(exit, ret) + ", expected " + rows;
    if (!closing) {
      deviations.differs(what, RULE + rows, evidence, notes);
    } else if (suspect == NONE) {
      suspect = gfn(trace, open);
      suspicion = () -> deviations.differs(what, RULE + rows, evidence, notes);
    }
  }

  @Override
  public void end(Trace trace, Ending ending, Deviations deviations) {
    if (ending == Ending.QUIESCENT && suspect != NONE) {
      suspicion.run();
    }
  }

  /** Takes the first of the combinations of facts that held during the fault. */
  private boolean first(Trace trace, int open, int task) {
    long code = trace.c(open);
    facts[ERA] = era;
    facts[RSVD] = bit(code, RSVD_BIT);
    facts[MMIO] = mmio[task];
    facts[PRESENT] = bit(code, PRESENT_BIT);
    facts[ACCESS] = bit(code, FETCH_BIT) == 1 ? 2 : bit(code, WRITE_BIT);
    facts[CACHING] = caching;
    facts[WANTS] = 0;
    facts[ATTRIBUTE] = 0;
    facts[SLOT] = 0;
    facts[TRACKED] = 0;
    return held(code, task) || next(trace, open, task);
  }

  /** Counts the facts that may change on to the next combination that held; false if there is none. */
  private boolean next(Trace trace, int open, int task) {
    do {
      int column = WANTS;
      while (column <= TRACKED && ++facts[column] == TABLE.values(column).size()) {
        facts[column++] = 0;
      }
      if (column > TRACKED) {
        return false;
      }
    } while (!held(trace.c(open), task));
    return true;
  }

  /** Whether a fault with that error code may be one that wants a private page (1), or a shared one (0). */
  private boolean mayWant(long code, int task, int kind) {
    // v6.8 has no flag in the error code: it looks at the attribute when the fault begins.
    return era == V6_8 ? (attributesSeen[task] >> kind & 1) != 0 : kind == bit(code, PRIVATE_BIT);
  }

  private boolean held(long code, int task) {
    return mayWant(code, task, facts[WANTS])
        && (attributesSeen[task] >> facts[ATTRIBUTE] & 1) != 0
        && (slotsSeen[task] >> facts[SLOT] & 1) != 0
        && (trackedSeen[task] >> facts[TRACKED] & 1) != 0;
  }
}
