package io.stalemate.oracle;

import io.stalemate.linearizability.AttributeOperation;
import io.stalemate.linearizability.MemslotOperation;
import io.stalemate.linearizability.Operation;
import io.stalemate.linearizability.PageEntry;
import io.stalemate.linearizability.PageMapOperation;
import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;

/**
 * Some order of all that was done to memslots, to the pages behind them and their owners, and to the attributes of gfns
 * must explain every result that guests, hosts and VMM saw. Looks at calls and returns only, and not at how the kernel
 * gets from one to the other. Judged when the run is over. Loads and stores are {@link GuestMemory}'s, by the same
 * checker.
 */
final class Linearizability extends Watch {

  private static final int PAGE_SHIFT = 12;
  private static final int BEGINNING = 0;

  private final Slots slots = new Slots();
  private final SlotHistory memslots = new SlotHistory();
  private final PageHistory pages = new PageHistory();
  private final AttributeHistory attributes = new AttributeHistory();
  // By task: since when the guest is in the access it performs, and since when the kernel is in what it does for it.
  private final int[] guestSince = new int[TASKS_MAX];
  private final int[] kernelSince = new int[TASKS_MAX];
  // What the boot task did last: it is over before others begin.
  private int booted;

  Linearizability() {
    super("linearizability", "no order of what tasks did to memslots, attributes and pages explains what they saw",
        EnumSet.of(Op.TRACE, Op.PAGE_ALLOC, Op.GUEST_LOAD, Op.GUEST_STORE, Op.GUEST_FETCH),
        EnumSet.of(Tracepoint.SET_REGION, Tracepoint.SET_REGION_DONE, Tracepoint.SLOT_INSTALL,
            Tracepoint.SLOT_INVALID, Tracepoint.SLOT_FLAGS, Tracepoint.SLOT_GONE, Tracepoint.SLOT_USE,
            Tracepoint.NOTIFIER_START, Tracepoint.NOTIFIER_STARTED, Tracepoint.NOTIFIER_END, Tracepoint.HOST_PTE,
            Tracepoint.GMEM_FOLIO, Tracepoint.GUEST_ACCESS, Tracepoint.GUEST_ABORT, Tracepoint.X86_FAULT,
            Tracepoint.FAULT_DONE, Tracepoint.X86_FAULT_RET, Tracepoint.MMIO_EXIT, Tracepoint.MMIO_IN_KERNEL,
            Tracepoint.RETURN, Tracepoint.TDP_ROOT, Tracepoint.GMEM_BIND, Tracepoint.MEM_ATTR,
            Tracepoint.PRIVATE_CHECK, Tracepoint.HYP_MEMORY, Tracepoint.PKVM_TRANSITION, Tracepoint.HOST_MEM_ABORT,
            Tracepoint.HOST_MEM_ABORT_DONE));
  }

  @Override
  void reset() {
    slots.clear();
    memslots.clear();
    pages.clear();
    attributes.clear();
    Arrays.fill(guestSince, BEGINNING);
    Arrays.fill(kernelSince, BEGINNING);
    booted = BEGINNING;
  }

  @Override
  public void on(int event) {
    Trace trace = trace();
    switch (trace.op(event)) {
      case TRACE -> point(event);
      case PAGE_ALLOC -> attributes.alloc(trace.a(event));
      case GUEST_LOAD, GUEST_FETCH -> guest(event, false);
      case GUEST_STORE -> guest(event, true);
      default -> { }
    }
  }

  private void point(int event) {
    Trace trace = trace();
    int task = trace.task(event);
    booted = task == Trace.BOOT ? event : booted;
    switch (trace.point(event)) {
      case SET_REGION -> memslots.called(trace, event);
      case SET_REGION_DONE -> memslots.returned(trace, event);
      case SLOT_INSTALL, SLOT_GONE -> slots.on(trace, event);
      case SLOT_INVALID -> {
        slots.on(trace, event);
        memslots.invalid(trace, event);
      }
      case SLOT_FLAGS -> memslots.flags(trace, event);
      case SLOT_USE -> memslots.looked(task, trace.b(event), kernelSince[task], event);
      case NOTIFIER_START -> {
        kernelSince[task] = event;
        pages.start(trace, event);
      }
      case NOTIFIER_STARTED -> pages.started(trace, event);
      case NOTIFIER_END -> pages.end(trace, event);
      case HOST_PTE -> pages.hostPte(trace, event);
      case GMEM_FOLIO -> {
        pages.guestMemfd(trace.c(event));
        attributes.guestMemfd(trace, event);
      }
      case GMEM_BIND -> attributes.guestMemfd(trace, event);
      case TDP_ROOT -> attributes.tdpRoot();
      case MEM_ATTR -> attributes.stored(trace, calledSince(task), event);
      case PRIVATE_CHECK -> attributes.found(trace, kernelSince[task], event);
      case HYP_MEMORY -> pages.owners().memory(trace, event);
      case PKVM_TRANSITION -> {
        pages.owners().transition(trace, calledSince(task), event);
        guestSince[task] = event;
      }
      case HOST_MEM_ABORT -> kernelSince[task] = event;
      case HOST_MEM_ABORT_DONE -> {
        pages.aborted(trace, kernelSince[task], event);
        guestSince[task] = event;
      }
      case GUEST_ACCESS, GUEST_ABORT, X86_FAULT, RETURN -> {
        pages.owners().returned(task, event);
        attributes.returned(task, trace.point(event) == Tracepoint.RETURN ? trace.b(event) : 0, event);
        guestSince[task] = event;
        kernelSince[task] = event;
      }
      case FAULT_DONE, X86_FAULT_RET -> guestSince[task] = event;
      case MMIO_EXIT, MMIO_IN_KERNEL ->
          memslots.missed(task, trace.b(event) >>> PAGE_SHIFT, trace.c(event) != 0, kernelSince[task], event);
      default -> { }
    }
  }

  /** Since when {@code task}, which is not the boot task, may be in a call that nobody announced. */
  private int calledSince(int task) {
    return Math.max(guestSince[task], booted) + 1;
  }

  private void guest(int event, boolean write) {
    Trace trace = trace();
    int task = trace.task(event);
    long gfn = trace.a(event);
    memslots.used(task, gfn, write, guestSince[task], event);
    attributes.reached(task, gfn, trace.b(event), guestSince[task], event);
    long hva = slots.lastHva(gfn);
    if (hva != Slots.NO_HVA) {
      pages.translated(task, hva, trace.b(event), write, guestSince[task], event);
    }
  }

  @Override
  public void end(Ending ending) {
    memslots.end(trace());
    if (memslots.history().refused()) {
      Operation<MemslotOperation> stuck = memslots.history().stuck();
      String what = switch (stuck.what()) {
        case MemslotOperation.Found(long gfn, boolean write) ->
            "gfn " + hex(gfn) + " is " + (write ? "written" : "used") + " as memory when no memslot has it";
        case MemslotOperation.Missed(long gfn, boolean write) ->
            "gfn " + hex(gfn) + " is taken for a device's when a memslot has it";
        case MemslotOperation.SetRegion s -> "the ioctl for memslot " + s.id() + " cannot return " + s.ret();
        case MemslotOperation.Retire r -> "memslot " + r.id() + " cannot become invalid";
        case MemslotOperation.Restore r -> "memslot " + r.id() + " cannot become valid again";
      };
      boolean guest = stuck.what() instanceof MemslotOperation.Found
          || stuck.what() instanceof MemslotOperation.Missed;
      refuse(guest ? Severity.CORRUPTION : Severity.RULE, what,
          "memslot ioctls take effect between call and return, for everybody", memslots.history());
    } else if (!refusesPages()) {
      judgeAttributes();
    }
    leaves(memslots.history().undecided() || pages.history().undecided() || attributes.history().undecided());
  }

  private boolean refusesPages() {
    pages.owners().end();
    if (!pages.refused()) {
      return false;
    }
    PageMapOperation stuck = pages.history().stuck().what();
    PageEntry is = pages.history().reached();
    if (stuck instanceof PageMapOperation.GetLeaf(long page, PageEntry seen)) {
      refuse(Severity.RULE, "a host abort finds page " + hex(page) + " to be " + seen + " when that is " + is,
          "who looks a page up finds the owner that was noted last", pages.history());
    } else if (stuck instanceof PageMapOperation.Translate t && is instanceof PageEntry.Owned) {
      refuse(Severity.CORRUPTION, "host " + (t.write() ? "writes to" : "reads") + " page " + hex(t.page())
          + " when that is of " + is, "what the hypervisor has taken is not the host's to use", pages.history());
    } else if (stuck instanceof PageMapOperation.Translate t) {
      refuse(Severity.CORRUPTION, "guest " + (t.write() ? "writes to" : "reads") + " pfn " + hex(t.frame())
              + " as hva page " + hex(t.page()) + " when that is " + is,
          "once the notifier's call for a page returned, the guest uses what the host maps there", pages.history());
    }
    return true;
  }

  private void judgeAttributes() {
    attributes.end();
    if (attributes.refused()) {
      AttributeOperation stuck = attributes.history().stuck().what();
      String is = attributes.history().reached() ? "private" : "shared";
      String rule = "an ioctl for attributes takes effect between call and return, for everybody";
      switch (stuck) {
        case AttributeOperation.Reached(long gfn, boolean isPrivate) -> refuse(Severity.CORRUPTION, "guest reaches "
            + (isPrivate ? "private" : "shared") + " memory at gfn " + hex(gfn) + " when that is " + is, rule,
            attributes.history());
        case AttributeOperation.Found(long gfn, boolean isPrivate) -> refuse(Severity.RULE, "a fault finds gfn "
            + hex(gfn) + (isPrivate ? " private" : " shared") + " when that is " + is, rule, attributes.history());
        case AttributeOperation.Set(long gfn, boolean isPrivate, long ret) -> throw new IllegalStateException(
            "gfn " + hex(gfn) + " cannot be set: " + ret);
      }
    }
  }

  private void refuse(Severity severity, String what, String rule, ConcurrentHistory<?, ?> history) {
    List<Evidence> evidence = new ArrayList<>(history.evidence());
    report(severity, what, rule, evidence, history.drawn(trace()));
  }
}
