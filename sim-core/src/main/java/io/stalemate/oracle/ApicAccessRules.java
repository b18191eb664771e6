package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Trace;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The frame that a vCPU's VMCS names as its APIC access page is the one that the host has there, whenever its guest
 * touches that page: else accesses to the APIC are not noticed, and reach memory that may be somebody else's.
 */
final class ApicAccessRules implements ConformanceTable {

  private static final String RULE = "a vCPU in its guest uses the APIC access page that the host has";
  private static final int NONE = -1;

  /** Ids of memslots from here on are KVM's own. */
  private static final int USER_SLOTS = 32767;
  private static final int PFN = 0;
  private static final int EVENT = 1;

  private final KeyedRows hostPfns = new KeyedRows(2);
  private final KeyedRows vcpus = new KeyedRows(2);
  private long gfn;
  private long hva;

  @Override
  public Set<Tracepoint> points() {
    return EnumSet.of(Tracepoint.SLOT_INSTALL, Tracepoint.HOST_PTE, Tracepoint.APIC_ACCESS_PAGE,
        Tracepoint.GUEST_ACCESS_DONE);
  }

  @Override
  public void begin() {
    hostPfns.clear();
    vcpus.clear();
    gfn = NONE;
    hva = NONE;
  }

  @Override
  public void on(Trace trace, int event, Deviations deviations) {
    switch (trace.point(event)) {
      case SLOT_INSTALL -> {
        if (trace.a(event) >= USER_SLOTS) {
          gfn = trace.b(event);
          hva = trace.d(event);
        }
      }
      case HOST_PTE -> note(hostPfns, trace.a(event), trace.c(event), event);
      case APIC_ACCESS_PAGE -> note(vcpus, trace.a(event), trace.b(event), event);
      case GUEST_ACCESS_DONE -> {
        if (trace.b(event) == gfn) {
          touched(trace, event, deviations);
        }
      }
      default -> {}
    }
  }

  private static void note(KeyedRows rows, long key, long pfn, int event) {
    int row = rows.row(key);
    rows.set(row, PFN, pfn);
    rows.set(row, EVENT, event);
  }

  private void touched(Trace trace, int event, Deviations deviations) {
    int vcpu = vcpus.find(trace.a(event));
    int host = hostPfns.find(hva);
    if (vcpu < 0 || host < 0 || vcpus.get(vcpu, PFN) == hostPfns.get(host, PFN)) {
      return;
    }
    long pfn = hostPfns.get(host, PFN);
    deviations.differs("vCPU " + trace.a(event) + " has pfn " + Watch.hex(vcpus.get(vcpu, PFN))
        + " for its APIC access page, but the host has " + (pfn == 0 ? "none" : "pfn " + Watch.hex(pfn)), RULE,
        List.of(new Evidence(event, "the guest touches the page"),
            new Evidence((int) vcpus.get(vcpu, EVENT), "the vCPU looked the frame up"),
            new Evidence((int) hostPfns.get(host, EVENT), "the host's entry changed")), List.of());
  }
}
