package io.stalemate.oracle;

import io.stalemate.machine.PageUse;
import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;

/**
 * A guest reaches memory that is not, or no longer, what the host maps behind the gfn; or a live stage-2 leaf is left
 * that would let it. This is what the whole invalidation protocol is for (kvm-protocol 1.1).
 *
 * <p>What is right is told by the frame that was found: one of a guest_memfd has to be in the page that is bound to the
 * gfn, any other behind the gfn's hva. Which of both the gfn should have is for {@link PrivateShared} to say.
 *
 * <p>A leaf that {@code change_pte} put in place before the host stored its own entry counts as right until the
 * notifier pair around it ends: KSM's two pages hold the same data.
 */
final class StaleTranslation extends Watch {

  private static final String RULE =
      "a translation is gone before the host unmaps, write-protects or frees what it leads to";
  private static final int BLOCK_PAGES_MAX = 64;

  private static final int FREED = 0;
  private static final int ALLOCATED = 1;

  private final StageTwo tables;
  private final Slots slots = new Slots();
  private final GmemPages gmem = new GmemPages();
  private final HostMappings host = new HostMappings();
  private final KeyedRows frames = new KeyedRows(2);
  private final TlbFills fills = new TlbFills(BLOCK_PAGES_MAX);
  // Open notifier pair of each task: hva pages, empty if none.
  private final long[] pairStart = new long[TASKS_MAX];
  private final long[] pairEnd = new long[TASKS_MAX];
  private final int[] pairEvent = new int[TASKS_MAX];

  StaleTranslation(int bitsPerLevel) {
    super("stale-translation", "a guest reaches a page that the host freed, re-used or maps otherwise",
        EnumSet.of(Op.TRACE, Op.PAGE_ALLOC, Op.PAGE_FREE, Op.TLB_FILL, Op.GUEST_LOAD, Op.GUEST_STORE,
            Op.GUEST_FETCH, Op.GUEST_LOAD_TAGS, Op.GUEST_STORE_TAGS),
        EnumSet.of(Tracepoint.S2_SET_PTE, Tracepoint.S2_ROOT, Tracepoint.TDP_SET_SPTE, Tracepoint.TDP_ROOT,
            Tracepoint.SLOT_INSTALL, Tracepoint.SLOT_INVALID, Tracepoint.SLOT_GONE, Tracepoint.HOST_PTE,
            Tracepoint.VMA_MAP, Tracepoint.NOTIFIER_START, Tracepoint.NOTIFIER_END, Tracepoint.GMEM_BIND,
            Tracepoint.GMEM_FOLIO));
    tables = new StageTwo(bitsPerLevel);
  }

  @Override
  void reset() {
    tables.reset(trace());
    slots.clear();
    gmem.clear();
    host.clear();
    frames.clear();
    fills.clear();
    Arrays.fill(pairStart, 0);
    Arrays.fill(pairEnd, 0);
  }

  @Override
  public void on(int event) {
    Trace trace = trace();
    switch (trace.op(event)) {
      case TRACE -> point(event);
      case PAGE_ALLOC -> alloc(event);
      case PAGE_FREE -> free(event);
      case TLB_FILL -> fills.on(trace, event);
      case GUEST_LOAD -> access(event, "load from", false);
      case GUEST_STORE -> access(event, "store to", true);
      case GUEST_FETCH -> access(event, "fetch from", false);
      case GUEST_LOAD_TAGS -> access(event, "load of tags from", false);
      case GUEST_STORE_TAGS -> access(event, "store of tags to", true);
      default -> {}
    }
  }

  private void point(int event) {
    Trace trace = trace();
    int task = trace.task(event);
    switch (trace.point(event)) {
      case S2_SET_PTE, TDP_SET_SPTE -> set(event);
      case S2_ROOT -> tables.root(event);
      case TDP_ROOT -> tables.tdpRoot(event);
      case GMEM_BIND, GMEM_FOLIO -> gmem.on(trace, event);
      case SLOT_INSTALL, SLOT_INVALID, SLOT_GONE -> slots.on(trace, event);
      case HOST_PTE -> host.entry(trace, event);
      case VMA_MAP -> host.vma(trace, event);
      case NOTIFIER_START -> {
        pairStart[task] = trace.a(event);
        pairEnd[task] = trace.b(event);
        pairEvent[task] = event;
      }
      case NOTIFIER_END -> pairEnd[task] = pairStart[task];
      default -> {}
    }
  }

  private void alloc(int event) {
    tables.alloc(event);
    gmem.alloc(trace().a(event));
    if (trace().a(event) != 0) {
      int frame = frames.row(trace().a(event));
      frames.set(frame, FREED, 0);
      frames.set(frame, ALLOCATED, event);
    }
  }

  private void free(int event) {
    tables.free(event);
    long pfn = trace().a(event);
    int frame = frames.row(pfn);
    frames.set(frame, FREED, event + 1L);
    if (trace().b(event) == PageUse.TABLE.ordinal() || done()) {
      return;
    }
    for (int i = 0; i < tables.entries(); i++) {
      long offset = pfn - tables.pfn(i);
      if (offset >= 0 && offset < tables.pages(tables.level(i)) && tables.liveLeaf(i)) {
        long gfn = tables.gfn(i) + offset;
        report(Severity.CORRUPTION,
            "pfn " + hex(pfn) + " is freed while a " + leaf() + " maps gfn " + hex(gfn) + " to it", RULE,
            List.of(mapped(tables.event(i)), new Evidence(event, "free of pfn " + hex(pfn))), List.of());
        return;
      }
    }
  }

  private void set(int event) {
    int entry = tables.set(event);
    if (done() || !tables.liveLeaf(entry)) {
      return;
    }
    long pfn = tables.pfn(entry);
    long pages = tables.pages(tables.level(entry));
    if (pages <= BLOCK_PAGES_MAX) {
      for (long offset = 0; offset < pages; offset++) {
        mapsFreed(event, entry, pfn + offset, frames.find(pfn + offset));
      }
      return;
    }
    for (int frame = 0; frame < frames.size(); frame++) {
      if (frames.key(frame) >= pfn && frames.key(frame) - pfn < pages) {
        mapsFreed(event, entry, frames.key(frame), frame);
      }
    }
  }

  private void mapsFreed(int event, int entry, long pfn, int frame) {
    int freed = frame < 0 ? -1 : (int) frames.get(frame, FREED) - 1;
    if (freed >= 0 && !done()) {
      long gfn = tables.gfn(entry) + pfn - tables.pfn(entry);
      report(Severity.CORRUPTION,
          leaf() + " for gfn " + hex(gfn) + " maps pfn " + hex(pfn) + ", which is free", RULE,
          List.of(mapped(event), new Evidence(freed, "free of pfn " + hex(pfn))), List.of());
    }
  }

  private void access(int event, String verb, boolean store) {
    if (done()) {
      return;
    }
    Trace trace = trace();
    long gfn = trace.a(event);
    long pfn = trace.b(event);
    String what = "guest " + verb + " gfn " + hex(gfn) + " reaches pfn " + hex(pfn);
    int freed = freedAt(pfn);
    if (freed >= 0) {
      stale(event, what + ", which is free", new Evidence(freed, "free of pfn " + hex(pfn)), List.of());
      return;
    }
    int frame = frames.find(pfn);
    if (frame >= 0 && frames.get(frame, ALLOCATED) > fills.last(trace, trace.d(event), gfn)) {
      int reused = (int) frames.get(frame, ALLOCATED);
      stale(event, what + ", which was freed and handed out again", new Evidence(reused, "pfn " + hex(pfn)
          + " is handed out again"), List.of());
      return;
    }
    int gone = slots.goneAt(gfn);
    if (gone >= 0) {
      stale(event, what + " after its memslot was deleted", new Evidence(gone, "the ioctl that deletes the memslot"
          + " returns"), List.of());
      return;
    }
    if (gmem.page(pfn) != GmemPages.NONE) {
      int removed = gmem.removedAt(pfn);
      if (!gmemRight(gfn, pfn)) {
        stale(event, what + gmemWrong(gfn, pfn), removed >= 0 ? removedFrom(removed, pfn)
            : new Evidence(event, "guest access"), List.of());
      }
      return;
    }
    long hva = slots.hva(gfn);
    int row = hva == Slots.NO_HVA ? HostMappings.NONE : host.find(hva);
    if (row == HostMappings.NONE) {
      return;
    }
    long mapped = host.pfn(row);
    if (mapped != pfn) {
      if (!changePte(gfn, pfn, hva) && !host.isPartOfHugePage(row, pfn)) {
        stale(event, what + ", but the host maps " + (mapped == 0 ? "nothing" : "pfn " + hex(mapped)),
            host.change(row), List.of("host: hva page " + hex(hva) + " is behind gfn " + hex(gfn)));
      }
    } else if (store && !host.isWritable(row)) {
      stale(event, what + ", which the host maps read-only (copy on write)", host.change(row), List.of());
    }
  }

  /** Whether a page of a guest_memfd is still in the frame, and bound to {@code gfn} if anything is. */
  private boolean gmemRight(long gfn, long pfn) {
    long bound = gmem.bound(gfn);
    return gmem.removedAt(pfn) < 0 && (bound == GmemPages.NONE || bound == gmem.page(pfn));
  }

  private String gmemWrong(long gfn, long pfn) {
    return gmem.removedAt(pfn) >= 0
        ? ", which is no longer " + GmemPages.name(gmem.page(pfn))
        : ", which is " + GmemPages.name(gmem.page(pfn)) + ", not " + GmemPages.name(gmem.bound(gfn));
  }

  private Evidence removedFrom(int removed, long pfn) {
    return new Evidence(removed, "pfn " + hex(pfn) + " is taken out of the guest_memfd");
  }

  private String leaf() {
    return tables.format().stage() + " leaf";
  }

  /** The host's change and the map that outlived it come first, then the access that shows it. */
  private void stale(int access, String what, Evidence change, List<String> notes) {
    Trace trace = trace();
    List<Evidence> evidence = new ArrayList<>();
    int map = Traces.lastMap(trace, access, trace.a(access), trace.b(access), tables);
    if (map >= 0) {
      evidence.add(mapped(map));
    }
    evidence.add(change);
    evidence.add(new Evidence(access, "guest access to gfn " + hex(trace.a(access))));
    report(Severity.CORRUPTION, what, RULE, evidence, notes);
  }

  private boolean changePte(long gfn, long pfn, long hva) {
    for (int i = tables.entries() - 1; i >= 0; i--) {
      int task = trace().task(tables.event(i));
      if (tables.gfn(i) == gfn
          && tables.pfn(i) == pfn
          && tables.liveLeaf(i)
          && pairStart[task] <= hva
          && hva < pairEnd[task]
          && pairEvent[task] < tables.event(i)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void end(Ending ending) {
    if (ending != Ending.QUIESCENT || done()) {
      return;
    }
    for (int i = 0; i < tables.entries() && !done(); i++) {
      if (tables.liveLeaf(i)) {
        leftBehind(i);
      }
    }
  }

  private void leftBehind(int entry) {
    long pages = tables.pages(tables.level(entry));
    if (pages <= BLOCK_PAGES_MAX) {
      for (long offset = 0; offset < pages && !done(); offset++) {
        long hva = slots.hva(tables.gfn(entry) + offset);
        leftBehind(entry, offset, hva == Slots.NO_HVA ? HostMappings.NONE : host.find(hva));
      }
      return;
    }
    // What the host changed in a large block is looked at from the host's side; a slot's deletion, at both ends.
    leftBehind(entry, 0, HostMappings.NONE);
    leftBehind(entry, pages - 1, HostMappings.NONE);
    long first = slots.hva(tables.gfn(entry));
    for (int row = 0; row < host.size() && first != Slots.NO_HVA && !done(); row++) {
      long offset = host.hva(row) - first;
      if (offset >= 0 && offset < pages && slots.hva(tables.gfn(entry) + offset) == host.hva(row)) {
        leftBehind(entry, offset, host.find(host.hva(row)));
      }
    }
  }

  private void leftBehind(int entry, long offset, int row) {
    long gfn = tables.gfn(entry) + offset;
    long pfn = tables.pfn(entry) + offset;
    String what = leaf() + " left behind: gfn " + hex(gfn) + " still maps pfn " + hex(pfn);
    int gone = slots.goneAt(gfn);
    if (gone >= 0) {
      report(Severity.CORRUPTION, what + ", but its memslot was deleted", RULE,
          List.of(mapped(tables.event(entry)), new Evidence(gone, "the ioctl that deletes the memslot returns")),
          List.of());
      return;
    }
    if (gmem.page(pfn) != GmemPages.NONE) {
      int removed = gmem.removedAt(pfn);
      if (!gmemRight(gfn, pfn)) {
        report(Severity.CORRUPTION, what + gmemWrong(gfn, pfn), RULE, removed >= 0
            ? List.of(mapped(tables.event(entry)), removedFrom(removed, pfn))
            : List.of(mapped(tables.event(entry))), List.of());
      }
      return;
    }
    if (row == HostMappings.NONE || done()) {
      return;
    }
    long mapped = host.pfn(row);
    boolean readOnly = !host.isWritable(row) && tables.format().writable(tables.value(entry));
    if (mapped != pfn || readOnly) {
      String instead = mapped == pfn ? " writable, but the host maps it read-only"
          : ", but the host maps " + (mapped == 0 ? "nothing" : "pfn " + hex(mapped));
      report(Severity.CORRUPTION, what + instead, RULE, List.of(mapped(tables.event(entry)), host.change(row)),
          List.of());
    }
  }

  private int freedAt(long pfn) {
    int frame = frames.find(pfn);
    return frame < 0 ? -1 : (int) frames.get(frame, FREED) - 1;
  }

  private Evidence mapped(int event) {
    return new Evidence(event, Traces.mapRole(trace(), event));
  }
}
