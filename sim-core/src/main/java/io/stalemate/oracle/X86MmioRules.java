package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Trace;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What x86 remembers of MMIO, and what it emulates: an MMIO SPTE is valid if the memslot generation in it is the
 * current one and that is not in flux; a vCPU remembers no MMIO while it is, nor while it handles a private fault; all
 * tables are made obsolete when the generation outgrows what an MMIO SPTE holds of it; and who asks for emulation gets
 * it, of the page that faulted, before the guest goes on or the VMM is asked for help (kvm-protocol 4.6).
 */
final class X86MmioRules implements ConformanceTable {

  private static final String GENERATION_RULE =
      "MMIO is remembered for a memslot generation, and for none while an update is in progress";
  private static final String PRIVATE_RULE = "MMIO is emulated, so it is shared: a private fault finds none";
  private static final String WRAP_RULE = "no MMIO SPTE outlives the turn of the generation bits that it holds";
  private static final String EMULATION_RULE =
      "RET_PF_EMULATE is followed by the emulation of the access, and KVM_EXIT_MMIO comes from nowhere else";
  private static final int NONE = -1;

  // How far the emulation of a task's fault came.
  private static final int NOT_ASKED = 0;
  private static final int ASKED = 1;
  private static final int LEFT_TO_VMM = 2;

  private static final long GENERATION_MASK = (1L << 19) - 1;
  private static final long PRIVATE_ACCESS = 1L << 49;

  // The update whose generation wrapped around, until the tables are gone.
  private int wrap;
  // By task: the last fault, and how far its emulation came.
  private final int[] fault = new int[Watch.TASKS_MAX];
  private final int[] emulation = new int[Watch.TASKS_MAX];
  // By task: the private fault that is being handled.
  private final int[] privateFault = new int[Watch.TASKS_MAX];

  @Override
  public Set<Tracepoint> points() {
    return EnumSet.of(Tracepoint.MMIO_SPTE_CHECK, Tracepoint.MMIO_CACHED, Tracepoint.MMIO_GEN_WRAP,
        Tracepoint.ZAP_ALL_FAST, Tracepoint.SLOT_FREE, Tracepoint.SLOTS_SWAP, Tracepoint.X86_FAULT,
        Tracepoint.X86_FAULT_RET, Tracepoint.EMULATE, Tracepoint.VCPU_EXIT);
  }

  @Override
  public void begin() {
    wrap = NONE;
    Arrays.fill(fault, NONE);
    Arrays.fill(emulation, NOT_ASKED);
    Arrays.fill(privateFault, NONE);
  }

  @Override
  public void on(Trace trace, int event, Deviations deviations) {
    int task = trace.task(event);
    switch (trace.point(event)) {
      case MMIO_SPTE_CHECK -> checked(trace, event, deviations);
      case MMIO_CACHED -> cached(trace, event, task, deviations);
      case MMIO_GEN_WRAP -> wrap = event;
      case ZAP_ALL_FAST -> wrap = NONE;
      case SLOT_FREE, SLOTS_SWAP -> wrapped(trace, deviations);
      case X86_FAULT -> {
        goesOn(trace, event, task, deviations);
        fault[task] = event;
        privateFault[task] = (trace.c(event) & PRIVATE_ACCESS) != 0 ? event : NONE;
      }
      case X86_FAULT_RET -> {
        emulation[task] = FaultResults.emulates((int) trace.d(event)) ? ASKED : NOT_ASKED;
        privateFault[task] = NONE;
      }
      case EMULATE -> emulated(trace, event, task, deviations);
      case VCPU_EXIT -> goesOn(trace, event, task, deviations);
      default -> {}
    }
  }

  @Override
  public void end(Trace trace, Ending ending, Deviations deviations) {
    if (ending == Ending.QUIESCENT) {
      wrapped(trace, deviations);
    }
  }

  private static void checked(Trace trace, int event, Deviations deviations) {
    boolean current = trace.c(event) >= 0 && (trace.c(event) & GENERATION_MASK) == trace.b(event);
    boolean valid = trace.d(event) == 1;
    if (valid != current) {
      deviations.differs("MMIO SPTE of gfn " + Watch.hex(trace.a(event)) + " of generation " + trace.b(event)
          + " counts as " + (valid ? "valid" : "out of date") + ", memslot generation " + (trace.c(event) < 0
              ? "in flux" : String.valueOf(trace.c(event))), GENERATION_RULE,
          List.of(new Evidence(event, "the generations are compared")), List.of());
    }
  }

  private void cached(Trace trace, int event, int task, Deviations deviations) {
    if (privateFault[task] != NONE) {
      deviations.differs("vCPU " + trace.a(event) + " remembers gfn " + Watch.hex(trace.b(event))
          + " as MMIO while it handles a private fault", PRIVATE_RULE,
          List.of(new Evidence(event, "the gfn is remembered"), new Evidence(privateFault[task], "the private fault")),
          List.of());
    }
    if (trace.c(event) < 0) {
      deviations.differs("vCPU " + trace.a(event) + " remembers gfn " + Watch.hex(trace.b(event))
          + " as MMIO while a memslot update is in progress", GENERATION_RULE,
          List.of(new Evidence(event, "the gfn is remembered")), List.of());
    }
  }

  /** The update after a turn of the generation bits comes, or the one that brought it ends. */
  private void wrapped(Trace trace, Deviations deviations) {
    if (wrap != NONE) {
      deviations.differs("memslot generation " + trace.a(wrap) + " looks to MMIO SPTEs like 0, and no table goes",
          WRAP_RULE, List.of(new Evidence(wrap, "the generation is about to count")), List.of());
      wrap = NONE;
    }
  }

  /** The task faults again, or leaves: what it was to emulate is emulated by now. */
  private void goesOn(Trace trace, int event, int task, Deviations deviations) {
    int before = emulation[task];
    emulation[task] = NOT_ASKED;
    boolean mmioExit = trace.point(event) == Tracepoint.VCPU_EXIT && trace.b(event) == FaultResults.EXIT_MMIO;
    if (fault[task] == NONE || before != ASKED && (!mmioExit || before == LEFT_TO_VMM)) {
      return;
    }
    String what = before == ASKED ? "is to be emulated, and is not"
        : "is left to the VMM, and nobody tried to emulate it";
    deviations.differs("page fault at " + Watch.hex(trace.b(fault[task])) + " " + what, EMULATION_RULE,
        List.of(new Evidence(event, "what comes next"), new Evidence(fault[task], "the fault")), List.of());
  }

  private void emulated(Trace trace, int event, int task, Deviations deviations) {
    boolean asked = emulation[task] == ASKED;
    emulation[task] = trace.d(event) == 0 ? LEFT_TO_VMM : NOT_ASKED;
    if (fault[task] == NONE || asked && gfn(trace, event) == gfn(trace, fault[task])) {
      return;
    }
    String what = asked ? "but the access to " + Watch.hex(trace.b(fault[task])) + " is to be"
        : "though nothing asked for it";
    deviations.differs("KVM emulates an access to " + Watch.hex(trace.b(event)) + ", " + what, EMULATION_RULE,
        List.of(new Evidence(event, "the emulation"), new Evidence(fault[task], "the last fault")), List.of());
  }

  private static long gfn(Trace trace, int event) {
    return trace.b(event) >>> StageTwoEntry.PAGE_SHIFT;
  }
}
