package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;

/**
 * A guest reaches shared memory behind a gfn whose attribute says private, or the reverse; or a live leaf is left that
 * would let it (kvm-protocol 1.11). A frame of a guest_memfd is private memory, any other shared.
 *
 * <p>No lag is granted while an ioctl changes attributes. What was mapped goes, and every CPU has forgotten it, before
 * the first attribute of the range is stored; and nothing is mapped there until the last was. So at each moment the
 * memory that a guest can reach is of the kind that the attributes say then, page by page, also behind huge leafs.
 *
 * <p>A SEV-SNP guest says with each access which kind it means: what its CPU caches for private accesses is private
 * memory, and the reverse, whatever the attribute.
 *
 * <p>x86 only: on arm64 attributes only send faults back.
 */
final class PrivateShared extends Watch {

  private static final String RULE =
      "a gfn is translated to private memory if its attribute says so, else to shared memory";
  private static final long PRIVATE = 1 << 3;
  private static final int PAGES_MAX = 1 << 12;

  /** {@code CREATE_VM}: the guest says which kind it means. */
  private static final int CAP_SNP = 1;
  /** {@code TLB_FILL}: the lowest bit of the tag, which is the C-bit of an SNP guest. */
  private static final int C_BIT = 16;

  private static final int ATTRIBUTES = 0;
  private static final int STORED_AT = 1;

  private final StageTwo tables;
  private final GmemPages gmem = new GmemPages();
  private final KeyedRows attributes = new KeyedRows(2);
  private boolean snp;

  PrivateShared(int bitsPerLevel) {
    super("private-shared", "a guest reaches shared memory where the attribute says private, or the reverse",
        EnumSet.of(Op.TRACE, Op.PAGE_ALLOC, Op.PAGE_FREE, Op.GUEST_LOAD, Op.GUEST_STORE, Op.GUEST_FETCH,
            Op.TLB_FILL),
        EnumSet.of(Tracepoint.CREATE_VM, Tracepoint.TDP_SET_SPTE, Tracepoint.TDP_ROOT, Tracepoint.MEM_ATTR,
            Tracepoint.GMEM_BIND, Tracepoint.GMEM_FOLIO));
    tables = new StageTwo(bitsPerLevel);
  }

  @Override
  void reset() {
    tables.reset(trace());
    gmem.clear();
    attributes.clear();
    snp = false;
  }

  @Override
  public void on(int event) {
    Trace trace = trace();
    switch (trace.op(event)) {
      case TRACE -> point(event);
      case PAGE_ALLOC -> {
        tables.alloc(event);
        gmem.alloc(trace.a(event));
      }
      case PAGE_FREE -> tables.free(event);
      case TLB_FILL -> filled(event);
      case GUEST_LOAD -> access(event, "load from");
      case GUEST_STORE -> access(event, "store to");
      case GUEST_FETCH -> access(event, "fetch from");
      default -> {}
    }
  }

  private void point(int event) {
    Trace trace = trace();
    switch (trace.point(event)) {
      // Other architectures have other capabilities; none of their runs has a TDP root.
      case CREATE_VM -> snp = (trace.d(event) >>> CAP_SNP & 1) != 0;
      case TDP_SET_SPTE -> tables.set(event);
      case TDP_ROOT -> tables.tdpRoot(event);
      case GMEM_BIND, GMEM_FOLIO -> gmem.on(trace, event);
      case MEM_ATTR -> {
        int row = attributes.row(trace.a(event));
        attributes.set(row, ATTRIBUTES, trace.b(event));
        attributes.set(row, STORED_AT, event);
      }
      default -> {}
    }
  }

  private void filled(int event) {
    Trace trace = trace();
    boolean wantsPrivate = (trace.d(event) >>> C_BIT & 1) != 0;
    if (!snp || done() || tables.format() != StageTwoFormat.X86
        || wantsPrivate == (gmem.page(trace.b(event)) != GmemPages.NONE)) {
      return;
    }
    report(Severity.CORRUPTION, "cpu " + (trace.d(event) & 0xffff) + " caches gfn " + hex(trace.a(event)) + " -> "
        + memory(trace.b(event)) + " for " + (wantsPrivate ? "private" : "shared") + " accesses", RULE,
        List.of(new Evidence(event, "the translation is cached")), List.of());
  }

  private void access(int event, String verb) {
    Trace trace = trace();
    if (tables.format() != StageTwoFormat.X86 || done() || agrees(trace.a(event), trace.b(event))) {
      return;
    }
    long gfn = trace.a(event);
    long pfn = trace.b(event);
    List<Evidence> evidence = new ArrayList<>();
    int map = Traces.lastMap(trace, event, gfn, pfn, tables);
    if (map >= 0) {
      evidence.add(new Evidence(map, Traces.mapRole(trace, map)));
    }
    attribute(gfn, evidence);
    if (map >= 0) {
      look(map, evidence);
    }
    evidence.add(new Evidence(event, "guest access to gfn " + hex(gfn)));
    report(Severity.CORRUPTION, "guest " + verb + " gfn " + hex(gfn) + " reaches " + memory(pfn) + ", but the gfn is "
        + kind(gfn), RULE, evidence, List.of());
  }

  private void attribute(long gfn, List<Evidence> evidence) {
    int row = attributes.find(gfn);
    if (row >= 0) {
      evidence.add(new Evidence((int) attributes.get(row, STORED_AT), "gfn " + hex(gfn) + " becomes " + kind(gfn)));
    }
  }

  /** How the fault that installed the leaf looked at the attribute, and when it sampled the sequence. */
  private void look(int map, List<Evidence> evidence) {
    Trace trace = trace();
    int sample = lastOfFault(map, Tracepoint.FAULT_SEQ);
    int check = lastOfFault(map, Tracepoint.PRIVATE_CHECK);
    int at = evidence.size();
    if (sample >= 0) {
      evidence.add(new Evidence(sample, "the fault samples mmu_invalidate_seq"));
    }
    if (check >= 0) {
      String kind = trace.c(check) != 0 ? "private" : "shared";
      evidence.add(check < sample ? at : evidence.size(),
          new Evidence(check, "the fault finds gfn " + hex(trace.a(check)) + " " + kind));
    }
  }

  /** Yields the last event at {@code point} of the fault that installed the leaf, or -1. */
  private int lastOfFault(int map, Tracepoint point) {
    Trace trace = trace();
    for (int event = map - 1; event >= 0; event--) {
      if (trace.task(event) != trace.task(map)) {
        continue;
      }
      if (Traces.is(trace, event, point)) {
        return event;
      }
      if (Traces.is(trace, event, Tracepoint.X86_FAULT_RET)) {
        return -1;
      }
    }
    return -1;
  }

  private boolean agrees(long gfn, long pfn) {
    return isPrivate(gfn) == (gmem.page(pfn) != GmemPages.NONE);
  }

  private boolean isPrivate(long gfn) {
    int row = attributes.find(gfn);
    return row >= 0 && (attributes.get(row, ATTRIBUTES) & PRIVATE) != 0;
  }

  private String kind(long gfn) {
    return isPrivate(gfn) ? "private" : "shared";
  }

  private String memory(long pfn) {
    long page = gmem.page(pfn);
    return (page == GmemPages.NONE ? "shared memory" : GmemPages.name(page)) + " (pfn " + hex(pfn) + ")";
  }

  @Override
  public void end(Ending ending) {
    if (ending != Ending.QUIESCENT || tables.format() != StageTwoFormat.X86) {
      return;
    }
    for (int entry = 0; entry < tables.entries() && !done(); entry++) {
      if (tables.liveLeaf(entry)) {
        leftBehind(entry);
      }
    }
  }

  private void leftBehind(int entry) {
    long pages = Math.min(tables.pages(tables.level(entry)), PAGES_MAX);
    for (long offset = 0; offset < pages && !done(); offset++) {
      long gfn = tables.gfn(entry) + offset;
      long pfn = tables.pfn(entry) + offset;
      if (!agrees(gfn, pfn)) {
        List<Evidence> evidence = new ArrayList<>();
        evidence.add(new Evidence(tables.event(entry), Traces.mapRole(trace(), tables.event(entry))));
        attribute(gfn, evidence);
        look(tables.event(entry), evidence);
        report(Severity.CORRUPTION, "TDP leaf left behind: gfn " + hex(gfn) + " still maps " + memory(pfn)
            + ", but it is " + kind(gfn), RULE, evidence, List.of());
      }
    }
  }
}
