package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;

/**
 * A live stage-2 entry changes its output address, its kind or its memory type without being invalid, and invalidated
 * from the TLBs, in between; or two translations that contradict each other are cached. Follows the Arm ARM,
 * "TLB maintenance requirements", and kvm-protocol 3.7.
 *
 * <p>model: one VM, so that a TLB invalidation by IPA needs no VMID to be matched with a table entry.
 */
final class BreakBeforeMake extends Watch {

  private static final String RULE = "a valid entry becomes another valid entry only after break (invalid), TLBI of the"
      + " old translation and DSB";
  private static final int LEVEL_ANY = -1;

  private static final int VALUE = 0;
  private static final int EVENT = 1;
  private static final int BROKEN = 2;
  private static final int BROKEN_AT = 3;
  private static final int GFN = 4;
  private static final int LEVEL = 5;
  private static final int ISSUED = 6;

  private final StageTwo tables;
  private final CachedTranslations cached = new CachedTranslations();
  private final KeyedRows entries = new KeyedRows(7);
  // Entries that are invalid now and were valid with a translation that may still be cached.
  private int[] broken = new int[16];
  private int brokenCount;

  BreakBeforeMake(int bitsPerLevel) {
    super("break-before-make", "a live leaf changes without invalid + TLBI + DSB; two translations cached",
        EnumSet.of(Op.TRACE, Op.PAGE_ALLOC, Op.TLB_FILL, Op.TLBI_IPA, Op.TLBI_IPA_LOCAL, Op.TLBI_RANGE, Op.TLBI_VMID,
            Op.TLBI_ALL, Op.DSB),
        EnumSet.of(Tracepoint.S2_SET_PTE));
    tables = new StageTwo(bitsPerLevel);
  }

  @Override
  void reset() {
    tables.reset(trace());
    cached.clear();
    entries.clear();
    brokenCount = 0;
  }

  @Override
  public void on(int event) {
    Trace trace = trace();
    switch (trace.op(event)) {
      case TRACE -> set(event);
      case PAGE_ALLOC -> alloc(event);
      case TLB_FILL -> fill(event);
      case TLBI_IPA, TLBI_IPA_LOCAL, TLBI_RANGE, TLBI_VMID, TLBI_ALL -> invalidate(event);
      case DSB -> complete(trace.task(event));
      default -> {}
    }
  }

  /** A page that becomes a table again starts empty; its former life was flushed before it was freed. */
  private void alloc(int event) {
    long first = trace().object(event);
    for (long word = first; word < first + trace().c(event); word++) {
      int entry = entries.find(word);
      if (entry >= 0) {
        forget(entry);
        entries.set(entry, VALUE, 0);
      }
    }
  }

  private void set(int event) {
    Trace trace = trace();
    int entry = entries.row(tables.word(event));
    long old = trace.c(event);
    long pte = trace.d(event);
    int level = (int) trace.b(event);
    if (StageTwoEntry.valid(pte)) {
      if (StageTwoEntry.valid(old) && !StageTwoEntry.sameTranslation(old, pte)) {
        violated(event, (int) entries.get(entry, EVENT), "changes from " + say(level, old) + " to " + say(level, pte)
            + " without being invalid in between");
      } else if (entries.get(entry, BROKEN) != 0
          && !StageTwoEntry.sameTranslation(entries.get(entry, BROKEN), pte)) {
        violated(event, (int) entries.get(entry, BROKEN_AT), "becomes " + say(level, pte) + " before "
            + say(level, entries.get(entry, BROKEN)) + " was invalidated in the TLBs");
      }
      forget(entry);
    } else if (StageTwoEntry.valid(old)) {
      if (entries.get(entry, BROKEN) == 0) {
        if (brokenCount == broken.length) {
          broken = Arrays.copyOf(broken, brokenCount * 2);
        }
        broken[brokenCount++] = entry;
      }
      entries.set(entry, BROKEN, old);
      entries.set(entry, BROKEN_AT, event);
      entries.set(entry, ISSUED, 0);
    }
    entries.set(entry, VALUE, pte);
    entries.set(entry, EVENT, event);
    entries.set(entry, GFN, trace.a(event));
    entries.set(entry, LEVEL, level);
  }

  private void forget(int entry) {
    if (entries.get(entry, BROKEN) != 0) {
      entries.set(entry, BROKEN, 0);
      for (int i = 0; i < brokenCount; i++) {
        if (broken[i] == entry) {
          broken[i] = broken[--brokenCount];
        }
      }
    }
  }

  private void violated(int event, int before, String how) {
    Trace trace = trace();
    String what = "stage-2 entry of gfn " + hex(trace.a(event)) + " level " + trace.b(event) + " " + how;
    report(Severity.CORRUPTION, what, RULE, List.of(new Evidence(event, Traces.mapRole(trace, event)),
        new Evidence(before, Traces.mapRole(trace, before))),
        List.of("stage-2 entry: " + hex(trace.c(event)) + " -> " + hex(trace.d(event))));
  }

  private void invalidate(int event) {
    Trace trace = trace();
    cached.invalidate(trace, event);
    for (int i = 0; i < brokenCount; i++) {
      int entry = broken[i];
      if (covers(event, entry)) {
        entries.set(entry, ISSUED, entries.get(entry, ISSUED) | 1L << trace.task(event));
      }
    }
  }

  /** Whether the invalidation drops whatever CPUs hold of the entry's old value. */
  private boolean covers(int event, int entry) {
    Trace trace = trace();
    int level = (int) entries.get(entry, LEVEL);
    long gfnStart = entries.get(entry, GFN);
    long gfnEnd = gfnStart + tables.pages(level);
    long gfn = trace.b(event) >>> StageTwoEntry.PAGE_SHIFT;
    return switch (trace.op(event)) {
      case TLBI_VMID, TLBI_ALL -> true;
      case TLBI_RANGE -> gfn <= gfnStart && gfnEnd <= gfn + trace.c(event);
      // A table's walk-cache entries and the leaves below it go only with an unknown level.
      case TLBI_IPA -> gfn >= gfnStart && gfn < gfnEnd && (trace.c(event) == LEVEL_ANY
          || (trace.c(event) == level && !StageTwoEntry.table(level, entries.get(entry, BROKEN))));
      default -> false;
    };
  }

  private void complete(int task) {
    cached.complete(task);
    for (int i = brokenCount - 1; i >= 0; i--) {
      int entry = broken[i];
      if ((entries.get(entry, ISSUED) >>> task & 1) != 0) {
        entries.set(entry, BROKEN, 0);
        broken[i] = broken[--brokenCount];
      }
    }
  }

  private void fill(int event) {
    int other = cached.fill(trace(), event);
    if (other < 0 || done()) {
      return;
    }
    Trace trace = trace();
    report(Severity.CORRUPTION, "two translations of gfn " + hex(trace.a(event)) + " are cached: pfn "
        + hex(trace.b(event)) + " and one of pfn " + hex(trace.b(other)), RULE,
        List.of(cachedAt(event), cachedAt(other)), List.of());
  }

  private Evidence cachedAt(int event) {
    Trace trace = trace();
    return new Evidence(event, "cpu " + (trace.d(event) & 0xffff) + " caches gfn " + hex(trace.a(event)) + " -> pfn "
        + hex(trace.b(event)) + ", " + trace.c(event) + " pages");
  }

  private static String say(int level, long pte) {
    return (StageTwoEntry.table(level, pte) ? "table " : "pfn ") + hex(StageTwoEntry.pfn(pte));
  }

  @Override
  public void end(Ending ending) {}
}
