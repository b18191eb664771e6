package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The decision table of arm64's stage-2 aborts ({@code guest-abort.tsv}) held against what becomes of each abort of a
 * run. The facts are taken from the abort's syndrome and addresses and from what was said about the VM, its memslots
 * and its devices. A slot that comes or goes while an abort is being decided may be seen or not.
 */
final class GuestAbortTable implements ConformanceTable {

  static final DecisionTable TABLE = DecisionTable.resource("guest-abort.tsv");

  private static final List<String> OUTCOMES = TABLE.outcomes();
  private static final String RULE = "kvm_handle_guest_abort() decides as the table guest-abort.tsv says: ";
  private static final int NONE = -1;
  private static final int CLOSED = 0;

  // Columns of the table.
  private static final int ERA = 0;
  private static final int FAULT = 1;
  private static final int RANGE = 2;
  private static final int SLOT = 3;
  private static final int ACCESS = 4;
  private static final int S1PTW = 5;
  private static final int CM = 6;
  private static final int ISV = 7;
  private static final int NISV = 8;
  private static final int PROTECTED = 9;
  private static final int DEVICE = 10;
  private static final int SEA = 11;

  // ESR_EL2, from the Arm ARM.
  private static final int EC_SHIFT = 26;
  private static final int EC_INSTRUCTION_ABORT = 0x20;
  private static final int FAULT_TYPE = 0x3c;
  private static final int WNR_BIT = 6;
  private static final int S1PTW_BIT = 7;
  private static final int CM_BIT = 8;
  private static final int ISV_BIT = 24;
  private static final int FETCH = 2;
  private static final long OFFSET = 0xfff;

  private static final int EFAULT = 14;
  private static final int ENOEXEC = 8;
  private static final int ENOSYS = 38;

  private final SlotKinds slots = new SlotKinds();
  private final KeyedRows devices = new KeyedRows(2);
  private final int[] facts = new int[SEA + 1];
  private int iaBits;
  private int ipaLimit;
  private boolean known;
  private int slotEvent;
  // By task: the event of the abort that is being decided, the slot kinds seen meanwhile as a mask, what
  // user_mem_abort() failed with, and whether what goes to the VMM is a store (or NONE).
  private final int[] abort = new int[Watch.TASKS_MAX];
  private final int[] seen = new int[Watch.TASKS_MAX];
  private final int[] failed = new int[Watch.TASKS_MAX];
  private final int[] exitIsWrite = new int[Watch.TASKS_MAX];
  // Whether the guest has enrolled in the MMIO guard, and by task whether its check failed; MmioGuardRules judges that.
  private boolean enrolled;
  private final boolean[] guarded = new boolean[Watch.TASKS_MAX];

  @Override
  public Set<Tracepoint> points() {
    return EnumSet.of(Tracepoint.CREATE_VM, Tracepoint.IO_BUS, Tracepoint.SLOT_INSTALL, Tracepoint.SLOT_INVALID,
        Tracepoint.SLOT_GONE, Tracepoint.SLOT_FLAGS, Tracepoint.GUEST_ABORT, Tracepoint.INJECT_ABORT,
        Tracepoint.VCPU_EXIT, Tracepoint.GUEST_SEA, Tracepoint.SKIP_INSTR, Tracepoint.MMIO_IN_KERNEL,
        Tracepoint.ACCESS_FAULT, Tracepoint.FAULT_DONE, Tracepoint.MMIO_GUARD_ENROLL, Tracepoint.MMIO_GUARD_FAILED,
        Tracepoint.MMIO_EXIT);
  }

  @Override
  public void begin() {
    slots.clear();
    devices.clear();
    known = false;
    slotEvent = NONE;
    Arrays.fill(abort, NONE);
    enrolled = false;
  }

  @Override
  public void on(Trace trace, int event, Deviations deviations) {
    int task = trace.task(event);
    switch (trace.point(event)) {
      case CREATE_VM -> {
        facts[ERA] = (int) trace.a(event);
        iaBits = (int) trace.b(event);
        ipaLimit = (int) trace.c(event);
        facts[NISV] = bit(trace.d(event), 0);
        facts[PROTECTED] = bit(trace.d(event), 1);
        facts[SEA] = bit(trace.d(event), 2);
        known = true;
      }
      case IO_BUS -> devices.set(devices.row(trace.a(event)), 0, trace.b(event));
      case SLOT_INSTALL, SLOT_INVALID, SLOT_GONE, SLOT_FLAGS -> {
        slots.on(trace, event);
        slotEvent = event;
        for (int other = 0; other < abort.length; other++) {
          if (abort[other] != NONE) {
            seen[other] |= 1 << slots.kind(gfn(trace, abort[other]));
          }
        }
      }
      case MMIO_GUARD_ENROLL -> enrolled = true;
      case MMIO_GUARD_FAILED -> guarded[task] = true;
      case MMIO_EXIT -> exitIsWrite[task] = (int) trace.c(event);
      case GUEST_ABORT -> opens(trace, event, task, deviations);
      case GUEST_SEA -> {
        // If the host does not take it, an SError follows.
        if (trace.b(event) != 0) {
          judge(trace, event, task, deviations);
        }
      }
      case FAULT_DONE -> {
        int open = abort[task];
        judge(trace, event, task, deviations);
        if (trace.b(event) < 0) {
          abort[task] = open;
          failed[task] = (int) -trace.b(event);
        }
      }
      default -> judge(trace, event, task, deviations);
    }
  }

  private void opens(Trace trace, int event, int task, Deviations deviations) {
    if (abort[task] != NONE) {
      differs(trace, event, abort[task], "is followed by another one before anything became of it", deviations);
    }
    abort[task] = known ? event : NONE;
    seen[task] = 1 << slots.kind(gfn(trace, event));
    failed[task] = CLOSED;
    guarded[task] = false;
    exitIsWrite[task] = NONE;
  }

  private static long gfn(Trace trace, int abortEvent) {
    return trace.b(abortEvent) >>> 12;
  }

  /** Judges {@code event}, which ends the task's abort if there is one. */
  private void judge(Trace trace, int event, int task, Deviations deviations) {
    int open = abort[task];
    abort[task] = NONE;
    if (open == NONE) {
      return;
    }
    if (failed[task] != CLOSED) {
      int errno = failed[task];
      boolean fits = errno == ENOEXEC
          ? AbortEvents.injects(trace, event, AbortEvents.INJECT_EXTERNAL, 1, trace.d(open))
          : AbortEvents.exits(trace, event, AbortEvents.EXIT_ERROR, 0, errno);
      if (!fits) {
        differs(trace, event, open,
            "of which user_mem_abort() made errno " + errno + " ends in " + AbortEvents.said(trace, event),
            deviations);
      }
      return;
    }
    facts(trace, open);
    for (int slot = 0; slot < TABLE.values(SLOT).size(); slot++) {
      facts[SLOT] = slot;
      if ((seen[task] >> slot & 1) != 0 && fits(trace, event, open, TABLE.decided(TABLE.row(facts)))) {
        return;
      }
    }
    String as = turned(trace, event, open) ? ", as a " + (wnr(trace, open) == 1 ? "load" : "store") : "";
    differs(trace, event, open, "ends in " + AbortEvents.said(trace, event) + as, deviations);
  }

  /** Takes the facts of the abort {@code open} but for its slot. */
  private void facts(Trace trace, int open) {
    long ipa = trace.b(open);
    long esr = trace.c(open);
    facts[FAULT] = switch ((int) esr & FAULT_TYPE) {
      case 0x04 -> 0;
      case 0x0c -> 1;
      case 0x08 -> 2;
      case 0x10, 0x14, 0x18, 0x1c -> 3;
      default -> 4;
    };
    facts[RANGE] = ipa >>> iaBits == 0 ? 0 : ipa >>> ipaLimit == 0 ? 1 : 2;
    boolean fetch = (esr >>> EC_SHIFT & 0x3f) == EC_INSTRUCTION_ABORT;
    facts[ACCESS] = fetch ? FETCH : bit(esr, WNR_BIT);
    facts[S1PTW] = bit(esr, S1PTW_BIT);
    facts[CM] = bit(esr, CM_BIT);
    facts[ISV] = bit(esr, ISV_BIT);
    facts[DEVICE] = 0;
    long address = ipa | trace.d(open) & OFFSET;
    for (int i = 0; i < devices.size(); i++) {
      long offset = address - devices.key(i);
      // model: accesses are of 8 bytes, and a device's if all of them are.
      if (offset >= 0 && offset + Long.BYTES <= devices.get(i, 0)) {
        facts[DEVICE] = 1;
      }
    }
  }

  private static int bit(long value, int bit) {
    return (int) (value >>> bit) & 1;
  }

  /** Whether {@code event} is what the outcome says. */
  private boolean fits(Trace trace, int event, int open, int outcome) {
    long far = trace.d(open);
    long address = trace.b(open) | far & OFFSET;
    int fetch = facts[ACCESS] == FETCH ? 1 : 0;
    return switch (OUTCOMES.get(outcome)) {
      case "map" -> Traces.is(trace, event, Tracepoint.FAULT_DONE);
      case "age" -> Traces.is(trace, event, Tracepoint.ACCESS_FAULT);
      case "pabt@far" -> AbortEvents.injects(trace, event, AbortEvents.INJECT_EXTERNAL, 1, far);
      case "dabt@far" -> AbortEvents.injects(trace, event, AbortEvents.INJECT_EXTERNAL, 0, far);
      case "abort@ipa" -> AbortEvents.injects(trace, event, AbortEvents.INJECT_EXTERNAL, fetch, address);
      case "size-fault@ipa" -> AbortEvents.injects(trace, event, AbortEvents.INJECT_SIZE, fetch, address);
      case "serror" -> AbortEvents.injects(trace, event, AbortEvents.INJECT_SERROR, 0, 0);
      case "host-takes-it" -> Traces.is(trace, event, Tracepoint.GUEST_SEA);
      case "-EFAULT" -> AbortEvents.exits(trace, event, AbortEvents.EXIT_ERROR, 0, EFAULT);
      case "-ENOSYS" ->
          AbortEvents.exits(trace, event, AbortEvents.EXIT_ERROR, 0, ENOSYS)
              || enrolled && AbortEvents.injects(trace, event, AbortEvents.INJECT_EXTERNAL, 0, far);
      case "skip" -> Traces.is(trace, event, Tracepoint.SKIP_INSTR);
      case "exit-mmio@ipa" ->
          AbortEvents.exits(trace, event, AbortEvents.EXIT_MMIO, address, 0) && !turned(trace, event, open)
              || refused(trace, event, far);
      case "exit-nisv@ipa" -> AbortEvents.exits(trace, event, AbortEvents.EXIT_ARM_NISV, address, 0)
          || enrolled && AbortEvents.injects(trace, event, AbortEvents.INJECT_EXTERNAL, 0, far);
      case "device@ipa" -> refused(trace, event, far)
          || Traces.is(trace, event, Tracepoint.MMIO_IN_KERNEL) && trace.b(event) == address
              && !turned(trace, event, open);
      default ->
          throw new IllegalStateException("the table has an outcome that nobody knows: " + OUTCOMES.get(outcome));
    };
  }

  /** Whether {@code event} makes a load of the store at {@code open}, or a store of its load. */
  private boolean turned(Trace trace, int event, int open) {
    int wnr = wnr(trace, open);
    if (Traces.is(trace, event, Tracepoint.MMIO_IN_KERNEL)) {
      return trace.c(event) != wnr;
    }
    int exit = exitIsWrite[trace.task(event)];
    return Traces.is(trace, event, Tracepoint.VCPU_EXIT) && trace.b(event) == AbortEvents.EXIT_MMIO
        && exit != NONE && exit != wnr;
  }

  private static int wnr(Trace trace, int open) {
    return bit(trace.c(open), WNR_BIT);
  }

  /** Whether the MMIO guard sent the access back. */
  private boolean refused(Trace trace, int event, long far) {
    return guarded[trace.task(event)] && AbortEvents.injects(trace, event, AbortEvents.INJECT_EXTERNAL, 0, far);
  }

  private void differs(Trace trace, int event, int open, String what, Deviations deviations) {
    facts(trace, open);
    List<String> rows = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    for (int slot = 0; slot < TABLE.values(SLOT).size(); slot++) {
      if ((seen[trace.task(event)] >> slot & 1) != 0) {
        facts[SLOT] = slot;
        int row = TABLE.row(facts);
        rows.add(TABLE.outcome(row));
        notes.add(TABLE.describe(facts) + ": " + TABLE.outcome(row));
      }
    }
    List<Evidence> evidence = new ArrayList<>();
    evidence.add(new Evidence(event, "what became of the abort"));
    evidence.add(new Evidence(open, "stage-2 abort at IPA " + Watch.hex(trace.b(open))));
    if (slotEvent != NONE) {
      evidence.add(new Evidence(slotEvent, "last change of memslots"));
    }
    deviations.differs("abort at IPA " + Watch.hex(trace.b(open)) + " (FAR " + Watch.hex(trace.d(open)) + ") " + what
        + ", expected " + String.join(" or ", rows), RULE + String.join(" or ", rows), evidence, notes);
  }
}
