package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The table of the MMIO guard: what its three calls and its check may do, judged by the guest's calls and by what
 * becomes of stage-2 entries. Notes are all invalid entries that are neither empty nor the mark of a walker: nothing
 * else annotates a guest's table.
 *
 * <p>Where ENROLL promised it, MAP and UNMAP bound the time in which a page is a device; else a page's note does.
 */
final class MmioGuardRules implements ConformanceTable {

  private static final long MAP = 0xc600_0004L;
  private static final long UNMAP = 0xc600_0005L;
  private static final int VCPUS = 64;
  private static final int EXIT_ARM_NISV = 2;

  // Of a page: is the note there, the event it came or went last; the same for what the guest was promised (unknown
  // after calls that overlapped); and the event of the last MAP and UNMAP that began.
  private static final int NOTED = 0;
  private static final int NOTE_EVENT = 1;
  private static final int MAPPED = 2;
  private static final int MAPPED_EVENT = 3;
  private static final int MAP_CALL = 4;
  private static final int UNMAP_CALL = 5;

  private static final int NO = 0;
  private static final int YES = 1;
  private static final int UNKNOWN = 2;

  private static final String EXIT_RULE =
      "MMIO guard, check: an access leaves to the VMM only from pages that are noted as devices";
  private static final String ABORT_RULE = "MMIO guard, check: an access to a page noted as a device is no abort";
  private static final String LASTING_RULE =
      "MMIO guard, promise: a page is a device from MAP until UNMAP returned, and at no other time";
  private static final String MAP_RULE =
      "MMIO guard, MAP: notes the one page of its argument, unless a memslot or the GICv2 CPU interface has it";
  private static final String UNMAP_RULE = "MMIO guard, UNMAP: drops the note of its page and nothing else";
  private static final String NISV_RULE =
      "MMIO guard, check: an access of unknown length is an abort, whatever KVM_CAP_ARM_NISV_TO_USER says";
  private static final String RESULT_RULE =
      "MMIO guard, results: fails exactly without enrolment, alignment, note, or with a memslot over the page";

  private final int bitsPerLevel;
  private final KeyedRows pages = new KeyedRows(6);
  private final Slots slots = new Slots();
  // By vCPU: the function and argument of the call it is in, and the events at which call and abort began.
  private final long[] function = new long[VCPUS];
  private final long[] argument = new long[VCPUS];
  private final int[] callEvent = new int[VCPUS];
  private final int[] abortEvent = new int[VCPUS];
  // By vCPU: whether its call wrote a note, or dropped one.
  private final int[] wrote = new int[VCPUS];
  private final int[] vcpuOfTask = new int[VCPUS];
  private int enrolled;
  private int reset;
  private boolean lasting;
  private long cpuInterface;

  /** For tables whose pages hold {@code 1 << bitsPerLevel} entries. */
  MmioGuardRules(int bitsPerLevel) {
    this.bitsPerLevel = bitsPerLevel;
  }

  @Override
  public Set<Tracepoint> points() {
    return EnumSet.of(Tracepoint.HYPERCALL, Tracepoint.SMCCC_RESULT, Tracepoint.MMIO_GUARD,
        Tracepoint.MMIO_GUARD_ENROLL, Tracepoint.MMIO_GUARD_RESET, Tracepoint.MMIO_GUARD_NOTE,
        Tracepoint.MMIO_GUARD_FAILED, Tracepoint.MMIO_EXIT, Tracepoint.MMIO_IN_KERNEL, Tracepoint.GUEST_ABORT,
        Tracepoint.S2_SET_PTE, Tracepoint.VGIC_V2, Tracepoint.VCPU_EXIT, Tracepoint.SLOT_INSTALL,
        Tracepoint.SLOT_INVALID, Tracepoint.SLOT_GONE);
  }

  @Override
  public void begin() {
    pages.clear();
    slots.clear();
    for (int i = 0; i < VCPUS; i++) {
      function[i] = 0;
      vcpuOfTask[i] = -1;
      abortEvent[i] = 0;
    }
    enrolled = -1;
    reset = -1;
    lasting = false;
    cpuInterface = -1;
  }

  @Override
  public void on(Trace trace, int event, Deviations deviations) {
    int vcpu = (int) trace.a(event);
    switch (trace.point(event)) {
      case VGIC_V2 -> cpuInterface = gfn(trace.a(event));
      case SLOT_INSTALL, SLOT_INVALID, SLOT_GONE -> slots.on(trace, event);
      case MMIO_GUARD_ENROLL -> {
        enrolled = enrolled >= 0 ? enrolled : event;
        lasting = trace.b(event) != 0;
      }
      case MMIO_GUARD_RESET -> forget(event);
      case HYPERCALL -> call(trace, event, vcpu);
      case SMCCC_RESULT -> function[vcpu] = 0;
      case MMIO_GUARD -> returned(trace, event, vcpu, deviations);
      case MMIO_GUARD_NOTE -> stored(trace, event, deviations);
      case S2_SET_PTE -> entry(trace, event, deviations);
      case GUEST_ABORT -> abortEvent[vcpu] = event;
      case MMIO_EXIT, MMIO_IN_KERNEL -> left(trace, event, vcpu, deviations);
      case VCPU_EXIT -> undecodable(trace, event, vcpu, deviations);
      case MMIO_GUARD_FAILED -> aborted(trace, event, vcpu, deviations);
      default -> {}
    }
  }

  private void call(Trace trace, int event, int vcpu) {
    function[vcpu] = trace.b(event);
    argument[vcpu] = trace.c(event);
    callEvent[vcpu] = event;
    wrote[vcpu] = -1;
    vcpuOfTask[trace.task(event)] = vcpu;
    int page = pages.row(gfn(trace.c(event)));
    if (function[vcpu] == MAP) {
      pages.set(page, MAP_CALL, event);
    } else if (function[vcpu] == UNMAP) {
      pages.set(page, UNMAP_CALL, event);
    }
  }

  /** A reset ends enrolment; under the promise it ends every page's time as a device too. */
  private void forget(int event) {
    enrolled = -1;
    reset = event;
    for (int page = 0; page < pages.size(); page++) {
      pages.set(page, MAPPED, NO);
      pages.set(page, MAPPED_EVENT, event);
    }
  }

  /** An entry changed: notes come and go, and calls do what they should. */
  private void entry(Trace trace, int event, Deviations deviations) {
    long gfn = trace.a(event);
    int level = (int) trace.b(event);
    long old = trace.c(event);
    long pte = trace.d(event);
    int vcpu = vcpuOfTask[trace.task(event)];
    long called = vcpu >= 0 ? function[vcpu] : 0;
    if ((called == MAP || called == UNMAP) && StageTwoEntry.leaf(level, old)) {
      String name = called == MAP ? "MAP" : "UNMAP";
      deviations.differs(name + " of gfn " + Watch.hex(gfn(argument[vcpu])) + " takes a live mapping away",
          called == MAP ? MAP_RULE : UNMAP_RULE, withNote(pages.row(gfn), new Evidence(event, "the mapping goes"),
              new Evidence(callEvent[vcpu], name)), List.of());
    } else if (called == MAP && !StageTwoEntry.table(level, pte) && StageTwoEntry.counted(pte)) {
      mapWrote(trace, event, vcpu, deviations);
    } else if (called == UNMAP && isNote(old)) {
      unmapDropped(gfn, event, vcpu, deviations);
    }
    if (level < StageTwoEntry.LAST_LEVEL && StageTwoEntry.table(level, old)) {
      unlinked(gfn, level, event);
    } else if (level == StageTwoEntry.LAST_LEVEL && isNote(old) != isNote(pte)) {
      note(gfn, isNote(pte), event);
    }
  }

  /** A table is gone, with the notes in it. */
  private void unlinked(long gfn, int level, int event) {
    long span = 1L << (bitsPerLevel * (StageTwoEntry.LAST_LEVEL - level));
    for (int page = 0; page < pages.size(); page++) {
      if (pages.key(page) >= gfn && pages.key(page) < gfn + span) {
        note(pages.key(page), false, event);
      }
    }
  }

  private void unmapDropped(long gfn, int event, int vcpu, Deviations deviations) {
    wrote[vcpu] = event;
    if (gfn != gfn(argument[vcpu])) {
      deviations.differs("UNMAP of gfn " + Watch.hex(gfn(argument[vcpu])) + " drops the note of gfn " + Watch.hex(gfn),
          UNMAP_RULE, List.of(new Evidence(event, "the note goes"),
              new Evidence(callEvent[vcpu], "UNMAP of " + Watch.hex(argument[vcpu]))), List.of());
    }
  }

  private void mapWrote(Trace trace, int event, int vcpu, Deviations deviations) {
    long gfn = trace.a(event);
    int level = (int) trace.b(event);
    wrote[vcpu] = event;
    Evidence entry = new Evidence(event, "the entry becomes " + Watch.hex(trace.d(event)));
    Evidence call = new Evidence(callEvent[vcpu], "MAP of " + Watch.hex(argument[vcpu]));
    if (StageTwoEntry.valid(trace.d(event))) {
      deviations.differs("MAP writes an entry that hardware takes for a mapping of pfn "
          + Watch.hex(StageTwoEntry.pfn(trace.d(event))), MAP_RULE, List.of(entry, call), List.of());
    } else if (gfn != gfn(argument[vcpu]) || level != StageTwoEntry.LAST_LEVEL) {
      deviations.differs("MAP of gfn " + Watch.hex(gfn(argument[vcpu])) + " notes gfn " + Watch.hex(gfn) + " at level "
          + level, MAP_RULE, List.of(entry, call), List.of());
    } else {
      mayNote(gfn, entry, call, deviations);
    }
  }

  /** MAP notes {@code gfn}. */
  private void mayNote(long gfn, Evidence note, Evidence call, Deviations deviations) {
    if (gfn == cpuInterface) {
      deviations.differs("MAP notes gfn " + Watch.hex(gfn) + ", which is the GICv2 CPU interface", MAP_RULE,
          List.of(note, call), List.of());
    } else if (slots.activeSince(gfn) >= 0) {
      deviations.differs("MAP notes gfn " + Watch.hex(gfn) + ", which a memslot has", MAP_RULE,
          List.of(note, new Evidence(slots.activeSince(gfn), "the memslot was there before"), call), List.of());
    }
  }

  /** The store of the lasting guard has a note, or has it no more. */
  private void stored(Trace trace, int event, Deviations deviations) {
    int vcpu = vcpuOfTask[trace.task(event)];
    note(trace.a(event), trace.b(event) != 0, event);
    if (vcpu >= 0) {
      wrote[vcpu] = event;
      if (function[vcpu] == MAP) {
        mayNote(trace.a(event), new Evidence(event, "the note is stored"),
            new Evidence(callEvent[vcpu], "MAP of " + Watch.hex(argument[vcpu])), deviations);
      } else if (function[vcpu] == UNMAP && trace.b(event) == 0) {
        unmapDropped(trace.a(event), event, vcpu, deviations);
      }
    }
  }

  private void note(long gfn, boolean present, int event) {
    int page = pages.row(gfn);
    if (present != (pages.get(page, NOTED) != NO)) {
      pages.set(page, NOTED, present ? YES : NO);
      pages.set(page, NOTE_EVENT, event);
    }
  }

  /** MAP or UNMAP has its result. */
  private void returned(Trace trace, int event, int vcpu, Deviations deviations) {
    boolean map = trace.c(event) != 0;
    boolean done = trace.d(event) == 0;
    long ipa = trace.b(event);
    int page = pages.row(gfn(ipa));
    boolean exempt = gfn(ipa) == cpuInterface;
    String name = map ? "MAP" : "UNMAP";
    List<Evidence> evidence =
        List.of(new Evidence(event, name + " is done"), new Evidence(callEvent[vcpu], name + " of " + Watch.hex(ipa)));
    if (done && enrolled < 0 && reset < callEvent[vcpu]) {
      deviations.differs(name + " succeeds for a guest that has not enrolled", RESULT_RULE, evidence, List.of());
    } else if (done && map && offset(ipa) != 0) {
      deviations.differs("MAP succeeds for " + Watch.hex(ipa) + ", which is no page's address", RESULT_RULE, evidence,
          List.of());
    } else if (done && wrote[vcpu] < 0 && !(map && exempt)) {
      deviations.differs(name + " of gfn " + Watch.hex(gfn(ipa)) + " succeeds and does nothing", RESULT_RULE, evidence,
          List.of());
    } else if (!done && !map && always(page, NOTED, callEvent[vcpu]) && enrolled >= 0 && enrolled < callEvent[vcpu]) {
      deviations.differs("UNMAP of gfn " + Watch.hex(gfn(ipa)) + " fails though the page is noted", RESULT_RULE,
          evidence, List.of());
    }
    if (!done || exempt) {
      return;
    }
    // Which of two calls at the same time came first is not known: then nothing is promised.
    long other = pages.get(page, map ? UNMAP_CALL : MAP_CALL);
    boolean alone = other < callEvent[vcpu] && pages.get(page, MAPPED_EVENT) < callEvent[vcpu]
        && !inCall(map ? UNMAP : MAP, gfn(ipa), vcpu);
    long mapped = map ? YES : NO;
    pages.set(page, MAPPED, alone ? mapped : UNKNOWN);
    pages.set(page, MAPPED_EVENT, event);
  }

  private boolean inCall(long wanted, long gfn, int otherThan) {
    for (int vcpu = 0; vcpu < VCPUS; vcpu++) {
      if (vcpu != otherThan && function[vcpu] == wanted && gfn(argument[vcpu]) == gfn) {
        return true;
      }
    }
    return false;
  }

  /** An access is on its way to a device of the VMM or the kernel. */
  private void left(Trace trace, int event, int vcpu, Deviations deviations) {
    int since = abortEvent[vcpu];
    if (enrolled < 0 || enrolled > since || reset > since) {
      return;
    }
    long first = gfn(trace.b(event));
    long last = gfn(trace.b(event) + Long.BYTES - 1);
    for (long gfn = first; gfn <= last; gfn++) {
      int page = pages.row(gfn);
      if (!ever(page, NOTED, since) && !lasting) {
        deviations.differs("an access leaves from gfn " + Watch.hex(gfn) + ", which is not noted as a device",
            EXIT_RULE, List.of(new Evidence(event, "the access leaves"), new Evidence(since, "its abort"),
                pages.get(page, NOTE_EVENT) > 0 ? note(page) : new Evidence(enrolled, "the enrolment")), List.of());
      } else if (lasting && unpromised(page)) {
        leftUnpromised(event, since, gfn, (int) pages.get(page, MAPPED_EVENT), deviations);
      }
    }
  }

  /** An access leaves from a page that is no device since {@code ended}, or was none ever if that is 0. */
  private void leftUnpromised(int event, int since, long gfn, int ended, Deviations deviations) {
    String when;
    Evidence why;
    if (ended == 0) {
      when = " though MAP was not called";
      why = new Evidence(enrolled, "the enrolment");
    } else if (ended == reset) {
      when = " after the guest's reset";
      why = new Evidence(ended, "the guest's reset");
    } else {
      when = " after UNMAP returned";
      why = new Evidence(ended, "UNMAP returned");
    }
    deviations.differs("an access leaves from gfn " + Watch.hex(gfn) + when, LASTING_RULE,
        List.of(new Evidence(event, "the access leaves"), new Evidence(since, "its abort"), why), List.of());
  }

  /** A vCPU leaves: never to have an access decoded that nobody could check. */
  private void undecodable(Trace trace, int event, int vcpu, Deviations deviations) {
    int since = abortEvent[vcpu];
    if (trace.b(event) == EXIT_ARM_NISV && enrolled >= 0 && enrolled < since) {
      deviations.differs("an access without syndrome leaves to the VMM", NISV_RULE,
          List.of(new Evidence(event, "KVM_EXIT_ARM_NISV"), new Evidence(since, "its abort"),
              new Evidence(enrolled, "the guest had enrolled")), List.of());
    }
  }

  /** Whether no MAP can be the reason that the page is a device. */
  private boolean unpromised(int page) {
    return pages.get(page, MAPPED) == NO && pages.get(page, MAP_CALL) <= pages.get(page, MAPPED_EVENT);
  }

  /** A check failed. */
  private void aborted(Trace trace, int event, int vcpu, Deviations deviations) {
    int since = abortEvent[vcpu];
    long gfn = gfn(trace.b(event));
    int page = pages.row(gfn);
    Evidence abort = new Evidence(event, "the check of gfn " + Watch.hex(gfn) + " fails");
    if (!lasting && always(page, NOTED, since)) {
      deviations.differs("the guest gets an abort for gfn " + Watch.hex(gfn) + ", which is noted as a device",
          ABORT_RULE, withNote(page, abort), List.of());
    } else if (lasting && always(page, MAPPED, since) && pages.get(page, UNMAP_CALL) < pages.get(page, MAPPED_EVENT)) {
      deviations.differs("the guest gets an abort for gfn " + Watch.hex(gfn) + ", which it has mapped as a device",
          LASTING_RULE, withNote(page, abort, new Evidence((int) pages.get(page, MAPPED_EVENT), "MAP returned")),
          List.of());
    }
  }

  /** Whether the state in {@code column} held at some time since {@code since}; its event is in the next column. */
  private boolean ever(int page, int column, int since) {
    return pages.get(page, column) != NO || pages.get(page, column + 1) > since;
  }

  private boolean always(int page, int column, int since) {
    return pages.get(page, column) == YES && pages.get(page, column + 1) < since;
  }

  /** The event at which a page's note came or went last. */
  private Evidence note(int page) {
    return new Evidence((int) pages.get(page, NOTE_EVENT),
        pages.get(page, NOTED) != NO ? "its note comes" : "its note goes");
  }

  /** Yields {@code evidence} and what became of the page's note, if it ever had one. */
  private List<Evidence> withNote(int page, Evidence... evidence) {
    List<Evidence> all = new ArrayList<>(List.of(evidence));
    if (pages.get(page, NOTE_EVENT) > 0) {
      all.add(note(page));
    }
    return all;
  }

  private static boolean isNote(long pte) {
    return StageTwoEntry.counted(pte) && !StageTwoEntry.valid(pte);
  }

  private static long gfn(long ipa) {
    return ipa >>> StageTwoEntry.PAGE_SHIFT;
  }

  private static long offset(long ipa) {
    return ipa & ((1L << StageTwoEntry.PAGE_SHIFT) - 1);
  }
}
