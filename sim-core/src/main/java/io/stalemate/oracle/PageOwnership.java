package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;

/**
 * Under protected KVM somebody reaches a page that is not theirs: the host one that it gave to the hypervisor, a
 * guest one that the host took back; or a leaf is made, or left, that would let them. This is what the page states
 * are for (kvm-protocol 3.11).
 */
final class PageOwnership extends Watch {

  private static final String RULE =
      "whoever gives a page away has no translation of it left once the other side owns it";
  private static final int CPUS_MAX = 64;

  private final StageTwo tables;
  private final PageOwners owners = new PageOwners();
  // By CPU: the VMID of the translation that it cached last. A CPU runs one of host and guest here.
  private final int[] vmids = new int[CPUS_MAX];

  PageOwnership(int bitsPerLevel) {
    super("page-ownership", "host or guest reaches a page that belongs to somebody else (protected KVM)",
        EnumSet.of(Op.TRACE, Op.PAGE_ALLOC, Op.PAGE_FREE, Op.TLB_FILL, Op.GUEST_LOAD, Op.GUEST_STORE,
            Op.GUEST_FETCH),
        EnumSet.of(Tracepoint.S2_SET_PTE, Tracepoint.S2_ROOT, Tracepoint.HYP_MEMORY, Tracepoint.PKVM_TRANSITION));
    tables = new StageTwo(bitsPerLevel);
  }

  @Override
  void reset() {
    tables.reset(trace());
    owners.clear();
    Arrays.fill(vmids, 0);
  }

  @Override
  public void on(int event) {
    Trace trace = trace();
    if (!owners.used() && (trace.op(event) != Op.TRACE || trace.point(event) != Tracepoint.HYP_MEMORY)) {
      // Its memory is the first thing a protected KVM announces: nobody else's worlds pay for this oracle.
      return;
    }
    switch (trace.op(event)) {
      case TRACE -> point(event);
      case PAGE_ALLOC -> tables.alloc(event);
      case PAGE_FREE -> tables.free(event);
      case TLB_FILL -> vmids[(int) (trace.d(event) & (CPUS_MAX - 1))] = (int) (trace.d(event) >>> 16 & 0xffff);
      case GUEST_LOAD -> access(event, "load from");
      case GUEST_STORE -> access(event, "store to");
      case GUEST_FETCH -> access(event, "fetch from");
      default -> {}
    }
  }

  private void point(int event) {
    Trace trace = trace();
    switch (trace.point(event)) {
      case HYP_MEMORY -> owners.memory(trace, event);
      case S2_ROOT -> tables.root(event);
      case S2_SET_PTE -> set(event);
      case PKVM_TRANSITION -> {
        owners.transition(trace, event);
        if (owners.takesFromGuest(trace, event)) {
          leftWithGuest(event);
        }
        for (long pfn = trace.b(event); pfn < trace.b(event) + owners.pagesOf(trace, event); pfn++) {
          if (trace.d(event) == 0 && owners.hypOwned(pfn)) {
            leftBehind(pfn);
          }
        }
      }
      default -> {}
    }
  }

  private void set(int event) {
    int entry = tables.set(event);
    if (!owners.used() || done() || !tables.liveLeaf(entry)) {
      return;
    }
    long first = StageTwoEntry.pfn(tables.value(entry));
    for (long pfn = first; pfn < first + tables.pages(tables.level(entry)); pfn++) {
      if (owners.hypOwned(pfn)) {
        report(Severity.CORRUPTION, "stage-2 leaf for gfn " + hex(tables.gfn(entry) + pfn - first) + " maps page "
            + hex(pfn) + ", which the hypervisor owns", RULE,
            List.of(new Evidence(event, Traces.mapRole(trace(), event)), given(pfn)), List.of());
        return;
      }
    }
  }

  private void leftBehind(long pfn) {
    for (int i = 0; i < tables.entries() && !done(); i++) {
      long offset = pfn - StageTwoEntry.pfn(tables.value(i));
      if (offset >= 0 && offset < tables.pages(tables.level(i)) && tables.liveLeaf(i)) {
        report(Severity.CORRUPTION, "page " + hex(pfn) + " is the hypervisor's, but the leaf for gfn "
            + hex(tables.gfn(i) + offset) + " still maps it", RULE,
            List.of(given(pfn), new Evidence(tables.event(i), Traces.mapRole(trace(), tables.event(i)))), List.of());
      }
    }
  }

  /** A gfn that the host took back has no leaf any more. */
  private void leftWithGuest(int event) {
    long gfn = trace().c(event);
    int leaf = leafOf(gfn, trace().b(event));
    if (leaf >= 0 && !done()) {
      report(Severity.CORRUPTION, "the host took gfn " + hex(gfn) + " back, but its leaf still maps page "
          + hex(trace().b(event)), RULE, List.of(new Evidence(event, "the host takes gfn " + hex(gfn) + " back"),
              new Evidence(tables.event(leaf), Traces.mapRole(trace(), tables.event(leaf)))), List.of());
    }
  }

  /** Yields the live leaf that maps {@code gfn} to {@code pfn}, or -1. */
  private int leafOf(long gfn, long pfn) {
    for (int i = 0; i < tables.entries(); i++) {
      long offset = gfn - tables.gfn(i);
      if (offset >= 0 && offset < tables.pages(tables.level(i)) && tables.liveLeaf(i)
          && StageTwoEntry.pfn(tables.value(i)) + offset == pfn) {
        return i;
      }
    }
    return -1;
  }

  private void access(int event, String verb) {
    if (!owners.used() || done()) {
      return;
    }
    Trace trace = trace();
    long gfn = trace.a(event);
    long pfn = trace.b(event);
    boolean host = vmids[(int) (trace.d(event) & (CPUS_MAX - 1))] == 0;
    if (host && owners.hypOwned(pfn)) {
      report(Severity.CORRUPTION, "host " + verb + " page " + hex(pfn) + ", which the hypervisor owns", RULE,
          List.of(given(pfn), new Evidence(event, "host access to page " + hex(pfn))), List.of());
    } else if (!host && owners.gfnEvent(gfn) != 0 && !owners.guestMayUse(gfn, pfn) && leafOf(gfn, pfn) < 0) {
      // With a leaf the page is being shared again: the guest may be faster than the announcement.
      report(Severity.CORRUPTION, "guest " + verb + " gfn " + hex(gfn) + " reaches page " + hex(pfn)
          + ", which the host took back", RULE,
          List.of(new Evidence(owners.gfnEvent(gfn), "the host takes gfn " + hex(gfn) + " from the guest"),
              new Evidence(event, "guest access to gfn " + hex(gfn))), List.of());
    }
  }

  private Evidence given(long pfn) {
    return new Evidence(owners.event(pfn), "the hypervisor gets page " + hex(pfn));
  }

  @Override
  public void end(Ending ending) {}
}
