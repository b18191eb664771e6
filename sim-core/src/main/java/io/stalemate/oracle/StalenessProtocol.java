package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;

/**
 * A leaf is installed from what a fault learned before an invalidation of its gfn: the rule that the sequence count is
 * sampled first and looked at again under {@code mmu_lock} (kvm-protocol 1.1, 1.7). Also: invalidations that begin and
 * do not end, or end and did not begin.
 *
 * <p>An install inside the caller's own invalidation of the gfn is {@code change_pte}: the caller holds the host's
 * page-table lock, so whoever else is invalidating there will find the entry changed. Installs by tasks that never
 * sampled are held to the "in progress" half of the rule. Whoever changes nothing but permissions, as x86's fast page
 * fault does, installs nothing. Leaves of a table that is built aside are judged when it is linked, unless they repeat
 * the block whose place it takes.
 */
final class StalenessProtocol extends Watch {

  private static final String RULE =
      "mmu_invalidate_seq is sampled before the pfn lookup and compared again under mmu_lock before the map";
  private static final String BALANCE = "every kvm_mmu_invalidate_begin has its kvm_mmu_invalidate_end";
  private static final int NONE = -1;

  private final StageTwo tables;
  // Invalidations of the run by number.
  private int[] beginAt = new int[32];
  private int[] endAt = new int[32];
  private long[] seqAfter = new long[32];
  private int invalidations;
  // Ranges of the run: of which invalidation, gfns.
  private int[] rangeOf = new int[32];
  private long[] rangeStart = new long[32];
  private long[] rangeEnd = new long[32];
  private int ranges;
  // Entries that became leaves in tables that nothing linked to then, and when.
  private int[] aside = new int[16];
  private int[] asideAt = new int[16];
  private int asideCount;
  // By task: its open invalidation, its latest sample.
  private final int[] open = new int[TASKS_MAX];
  private final int[] sampledAt = new int[TASKS_MAX];
  private final long[] sampledGfn = new long[TASKS_MAX];
  private final long[] sampledSeq = new long[TASKS_MAX];
  // By task: the event from which on an invalidation makes what its fault learned stale: the sample, or a lookup of
  // the pfn ahead of it; a lookup that no sample preceded; whether the sample still awaits its lookup.
  private final int[] learnedAt = new int[TASKS_MAX];
  private final int[] earlyLookup = new int[TASKS_MAX];
  private final boolean[] awaitsLookup = new boolean[TASKS_MAX];
  private long inProgress;
  private int inProgressAt;
  private long active;
  private int activeAt;

  StalenessProtocol(int bitsPerLevel) {
    super("staleness-protocol", "a leaf is installed though an invalidation of it began after the sequence sample",
        EnumSet.of(Op.TRACE, Op.PAGE_ALLOC, Op.PAGE_FREE),
        EnumSet.of(Tracepoint.FAULT_SEQ, Tracepoint.FAULT_PFN, Tracepoint.FAULT_DONE, Tracepoint.FAULT_RETRY,
            Tracepoint.S2_SET_PTE, Tracepoint.S2_ROOT, Tracepoint.TDP_SET_SPTE, Tracepoint.TDP_ROOT,
            Tracepoint.INVALIDATE_BEGIN, Tracepoint.INVALIDATE_RANGE, Tracepoint.INVALIDATE_END,
            Tracepoint.MN_ACTIVE, Tracepoint.ZAP_GFN_RANGE));
    tables = new StageTwo(bitsPerLevel);
  }

  @Override
  void reset() {
    tables.reset(trace());
    asideCount = 0;
    invalidations = 0;
    ranges = 0;
    Arrays.fill(open, NONE);
    Arrays.fill(sampledAt, NONE);
    Arrays.fill(earlyLookup, NONE);
    Arrays.fill(awaitsLookup, false);
    inProgress = 0;
    active = 0;
  }

  @Override
  public void on(int event) {
    Trace trace = trace();
    switch (trace.op(event)) {
      case TRACE -> point(event);
      case PAGE_ALLOC -> tables.alloc(event);
      case PAGE_FREE -> tables.free(event);
      default -> {}
    }
  }

  private void point(int event) {
    Trace trace = trace();
    int task = trace.task(event);
    switch (trace.point(event)) {
      case FAULT_SEQ -> {
        sampledAt[task] = event;
        sampledGfn[task] = trace.a(event);
        sampledSeq[task] = trace.b(event);
        learnedAt[task] = earlyLookup[task] == NONE ? event : earlyLookup[task];
        awaitsLookup[task] = earlyLookup[task] == NONE;
        earlyLookup[task] = NONE;
      }
      case FAULT_PFN -> {
        earlyLookup[task] = awaitsLookup[task] ? NONE : event;
        awaitsLookup[task] = false;
      }
      case FAULT_DONE, FAULT_RETRY -> {
        earlyLookup[task] = NONE;
        awaitsLookup[task] = false;
      }
      case S2_SET_PTE, TDP_SET_SPTE -> set(event);
      case S2_ROOT -> tables.root(event);
      case TDP_ROOT -> tables.tdpRoot(event);
      case INVALIDATE_BEGIN -> begin(event, task);
      case INVALIDATE_RANGE -> range(trace.a(event), trace.b(event), task);
      // What it takes away is what faults must stay out of, whatever range it told them.
      case ZAP_GFN_RANGE -> range(trace.a(event), trace.b(event), task);
      case INVALIDATE_END -> end(event, task);
      case MN_ACTIVE -> {
        active = trace.a(event);
        activeAt = event;
        if (active < 0) {
          unbalanced(event, "mn_active_invalidate_count drops to " + active);
        }
      }
      default -> {}
    }
  }

  private void begin(int event, int task) {
    if (invalidations == beginAt.length) {
      beginAt = Arrays.copyOf(beginAt, invalidations * 2);
      endAt = Arrays.copyOf(endAt, invalidations * 2);
      seqAfter = Arrays.copyOf(seqAfter, invalidations * 2);
    }
    beginAt[invalidations] = event;
    endAt[invalidations] = NONE;
    open[task] = invalidations++;
    inProgress = trace().a(event);
    inProgressAt = event;
  }

  private void range(long gfnStart, long gfnEnd, int task) {
    if (open[task] == NONE) {
      return;
    }
    if (ranges == rangeOf.length) {
      rangeOf = Arrays.copyOf(rangeOf, ranges * 2);
      rangeStart = Arrays.copyOf(rangeStart, ranges * 2);
      rangeEnd = Arrays.copyOf(rangeEnd, ranges * 2);
    }
    rangeOf[ranges] = open[task];
    rangeStart[ranges] = gfnStart;
    rangeEnd[ranges++] = gfnEnd;
  }

  private void end(int event, int task) {
    inProgress = trace().b(event);
    inProgressAt = event;
    if (inProgress < 0) {
      unbalanced(event, "mmu_invalidate_in_progress drops to " + inProgress);
    } else if (open[task] == NONE) {
      unbalanced(event, "kvm_mmu_invalidate_end without kvm_mmu_invalidate_begin");
    }
    if (open[task] != NONE) {
      endAt[open[task]] = event;
      seqAfter[open[task]] = trace().a(event);
      open[task] = NONE;
    }
  }

  private void set(int event) {
    Trace trace = trace();
    int level = (int) trace.b(event);
    long block = replaced(event);
    int entry = tables.set(event);
    StageTwoFormat format = tables.format();
    if (format.table(level, trace.d(event))) {
      linked(event, block);
    } else if (format.leaf(level, trace.d(event)) && tables.aside(entry)) {
      if (asideCount == aside.length) {
        aside = Arrays.copyOf(aside, asideCount * 2);
        asideAt = Arrays.copyOf(asideAt, asideCount * 2);
      }
      aside[asideCount] = entry;
      asideAt[asideCount++] = event;
    } else {
      install(event, trace.task(event));
    }
  }

  /** The leaf that {@code event} puts something else in the place of, at once or to complete its break; 0 if none. */
  private long replaced(int event) {
    Trace trace = trace();
    StageTwoFormat format = StageTwoFormat.of(trace.point(event));
    int level = (int) trace.b(event);
    if (format.leaf(level, trace.c(event))) {
      return trace.c(event);
    }
    int before = tables.changed(event);
    if (before == NONE || !format.held(trace.c(event)) || trace.d(before) != trace.c(event)) {
      return 0;
    }
    return format.leaf(level, trace.c(before)) ? trace.c(before) : 0;
  }

  /** A table took the place of {@code block}, or of nothing if 0: what was built aside below it is live now. */
  private void linked(int event, long block) {
    Trace trace = trace();
    StageTwoFormat format = tables.format();
    int kept = 0;
    for (int i = 0; i < asideCount; i++) {
      int entry = aside[i];
      int at = asideAt[i];
      if (tables.event(entry) != at || tables.value(entry) != trace.d(at)) {
        continue;
      }
      if (tables.aside(entry)) {
        aside[kept] = entry;
        asideAt[kept++] = at;
      } else if (block == 0
          || format.pfn(trace.d(at)) - format.pfn(block) != trace.a(at) - trace.a(event)) {
        install(at, trace.task(event));
      }
    }
    asideCount = kept;
  }

  private void install(int event, int task) {
    Trace trace = trace();
    int level = (int) trace.b(event);
    StageTwoFormat format = tables.format();
    long pte = trace.d(event);
    if (done() || task == Trace.BOOT || !format.leaf(level, pte)) {
      return;
    }
    long old = trace.c(event);
    if (format.leaf(level, old) && format.pfn(old) == format.pfn(pte)) {
      return;
    }
    long gfnStart = trace.a(event);
    long gfnEnd = gfnStart + tables.pages(level);
    if (open[task] != NONE && covers(open[task], gfnStart, gfnEnd)) {
      return;
    }
    boolean sampled = sampledAt[task] != NONE && sampledGfn[task] >= gfnStart && sampledGfn[task] < gfnEnd;
    for (int i = ranges - 1; i >= 0 && !done(); i--) {
      int invalidation = rangeOf[i];
      if (rangeStart[i] < gfnEnd && gfnStart < rangeEnd[i]) {
        check(event, invalidation, sampled ? sampledAt[task] : NONE, i);
      }
    }
  }

  private boolean covers(int invalidation, long gfnStart, long gfnEnd) {
    for (int i = ranges - 1; i >= 0; i--) {
      if (rangeOf[i] == invalidation && rangeStart[i] <= gfnStart && gfnEnd <= rangeEnd[i]) {
        return true;
      }
    }
    return false;
  }

  private void check(int install, int invalidation, int sample, int range) {
    Trace trace = trace();
    int ended = endAt[invalidation];
    if (ended == NONE) {
      broken(install, invalidation, sample, range, "while an invalidation of it is in progress");
    } else if (sample != NONE) {
      // Sampled between the store of seq and the event: the new value says that the invalidation was over.
      boolean moved = seqAfter[invalidation] - sampledSeq[trace.task(install)] > 0;
      if (beginAt[invalidation] > learnedAt[trace.task(install)] || (ended > sample && moved)) {
        broken(install, invalidation, sample, range, beginAt[invalidation] > sample || moved
            ? "though it was invalidated after the sequence sample"
            : "though it was invalidated after the pfn lookup, which came before the sequence sample");
      }
    }
  }

  private void broken(int install, int invalidation, int sample, int range, String how) {
    Trace trace = trace();
    List<Evidence> evidence = new ArrayList<>();
    evidence.add(new Evidence(install, Traces.mapRole(trace, install)));
    evidence.add(new Evidence(beginAt[invalidation], "kvm_mmu_invalidate_begin for gfns " + hex(rangeStart[range])
        + " to " + hex(rangeEnd[range])));
    List<String> notes = new ArrayList<>();
    if (sample != NONE) {
      evidence.add(new Evidence(sample, "sample of mmu_invalidate_seq for gfn " + hex(trace.a(sample))));
      notes.add("mmu_invalidate_seq: sampled " + trace.b(sample)
          + (endAt[invalidation] == NONE ? "" : ", " + seqAfter[invalidation] + " after the invalidation"));
    }
    if (endAt[invalidation] != NONE) {
      evidence.add(new Evidence(endAt[invalidation], "kvm_mmu_invalidate_end"));
    }
    report(Severity.RULE, tables.format().stage() + " leaf for gfn " + hex(trace.a(install)) + " is installed " + how,
        RULE, evidence, notes);
  }

  private void unbalanced(int event, String what) {
    report(Severity.RULE, what, BALANCE, List.of(new Evidence(event, what)), List.of());
  }

  @Override
  public void end(Ending ending) {
    if (ending == Ending.QUIESCENT) {
      if (inProgress != 0) {
        unbalanced(inProgressAt, "mmu_invalidate_in_progress is left at " + inProgress);
      }
      if (active != 0) {
        unbalanced(activeAt, "mn_active_invalidate_count is left at " + active);
      }
    }
  }
}
