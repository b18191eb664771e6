package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;

/**
 * A live stage-2 entry changes its output address, its kind or its memory type without being invalid, and invalidated
 * from the TLBs, in between; or two translations that contradict each other are cached; or a table page is freed though
 * hardware may still know the entry that pointed to it. Follows the Arm ARM, "TLB maintenance requirements", and
 * kvm-protocol 3.7.
 *
 * <p>The other way round, a leaf that is broken and made again under one hold of the lock, with nothing but permissions
 * changed, makes every other user of the page fault for nothing: two vCPUs can do that to each other without end
 * (694d071f8d85).
 *
 * <p>x86 needs no break: a table may take the place of a leaf that it repeats, and a leaf that of a table. What it must
 * not do is lead a leaf to another frame at once, because nobody flushes for that ({@code handle_changed_spte()} calls
 * it a bug). Nor may a present entry lead to another table.
 *
 * <p>An invalidation counts for the entries of the VMID it names. A table's VMID is that of the root it hangs from;
 * while none is known, every invalidation counts.
 */
final class BreakBeforeMake extends Watch {

  private static final String RULE = "a valid entry becomes another valid entry only after break (invalid), TLBI of the"
      + " old translation and DSB";
  private static final String SPTE_RULE = "a present SPTE keeps its frame until it is zapped";
  private static final String TABLE_RULE =
      "a table page is freed only after its entry was cleared and invalidated in the TLBs and walk caches";
  private static final String STORM_RULE =
      "a leaf whose translation stays is not broken: permissions change in place, identical maps are left alone";
  private static final long PERMISSIONS = 3L << 6 | 3L << 53;
  private static final int LEVEL_ANY = -1;

  private static final int VALUE = 0;
  private static final int EVENT = 1;
  private static final int BROKEN = 2;
  private static final int BROKEN_AT = 3;
  private static final int GFN = 4;
  private static final int LEVEL = 5;
  private static final int ISSUED = 6;
  private static final int LAST = 7;
  private static final int LAST_BROKEN = 8;
  private static final int VMID = 9;

  private final StageTwo tables;
  private final CachedTranslations cached = new CachedTranslations();
  private final KeyedRows entries = new KeyedRows(10);
  // Entries that are invalid now and were valid with a translation that may still be cached.
  private int[] broken = new int[16];
  private int brokenCount;

  BreakBeforeMake(int bitsPerLevel) {
    super("break-before-make", "a live leaf changes without invalid + TLBI + DSB; two translations cached",
        EnumSet.of(Op.TRACE, Op.PAGE_ALLOC, Op.PAGE_FREE, Op.TLB_FILL, Op.TLBI_IPA, Op.TLBI_IPA_LOCAL, Op.TLBI_RANGE,
            Op.TLBI_VMID, Op.TLBI_ALL, Op.DSB),
        EnumSet.of(Tracepoint.S2_SET_PTE, Tracepoint.S2_ROOT, Tracepoint.TDP_SET_SPTE, Tracepoint.TDP_ROOT));
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
      case TRACE -> point(event);
      case PAGE_ALLOC -> alloc(event);
      case PAGE_FREE -> free(event);
      case TLB_FILL -> fill(event);
      case TLBI_IPA, TLBI_IPA_LOCAL, TLBI_RANGE, TLBI_VMID, TLBI_ALL -> invalidate(event);
      case DSB -> complete(trace.task(event));
      default -> {}
    }
  }

  private void point(int event) {
    switch (trace().point(event)) {
      case S2_ROOT -> tables.root(event);
      case S2_SET_PTE -> set(event);
      case TDP_ROOT -> tables.tdpRoot(event);
      case TDP_SET_SPTE -> spte(event);
      default -> {}
    }
  }

  private void spte(int event) {
    Trace trace = trace();
    StageTwoFormat format = StageTwoFormat.X86;
    int level = (int) trace.b(event);
    long old = trace.c(event);
    long spte = trace.d(event);
    boolean leaves = format.leaf(level, old) && format.leaf(level, spte);
    boolean links = format.table(level, old) && format.table(level, spte);
    if ((leaves || links) && format.pfn(old) != format.pfn(spte)) {
      report(Severity.CORRUPTION, "SPTE of gfn " + hex(trace.a(event)) + " level " + level + " leads from pfn "
          + hex(format.pfn(old)) + " to pfn " + hex(format.pfn(spte)) + " without being zapped in between", SPTE_RULE,
          List.of(new Evidence(event, Traces.mapRole(trace, event))),
          List.of("SPTE: " + hex(old) + " -> " + hex(spte)));
    }
  }

  /** A page that becomes a table again starts empty; its former life was flushed before it was freed. */
  private void alloc(int event) {
    tables.alloc(event);
    long first = trace().object(event);
    for (long word = first; word < first + trace().c(event); word++) {
      int entry = entries.find(word);
      if (entry >= 0) {
        forget(entry);
        entries.set(entry, VALUE, 0);
        entries.set(entry, LAST, 0);
      }
    }
  }

  private void free(int event) {
    tables.free(event);
    Trace trace = trace();
    for (int i = 0; i < brokenCount && !done(); i++) {
      int entry = broken[i];
      long old = entries.get(entry, BROKEN);
      int level = (int) entries.get(entry, LEVEL);
      if (StageTwoEntry.table(level, old) && StageTwoEntry.pfn(old) == trace.a(event)) {
        int cleared = (int) entries.get(entry, BROKEN_AT);
        report(Severity.CORRUPTION, "table page pfn " + hex(trace.a(event)) + " is freed before the entry of gfn "
            + hex(entries.get(entry, GFN)) + " level " + level + " that pointed to it was invalidated", TABLE_RULE,
            List.of(new Evidence(event, "free of pfn " + hex(trace.a(event))),
                new Evidence(cleared, "its entry is cleared")), List.of());
      }
    }
  }

  private void set(int event) {
    Trace trace = trace();
    int entry = entries.row(tables.word(event));
    int known = tables.set(event);
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
      } else if (!StageTwoEntry.valid(old)) {
        madeAgain(event, entry, level, pte);
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
      entries.set(entry, VMID, tables.vmid(known));
      entries.set(entry, LAST, old);
      entries.set(entry, LAST_BROKEN, event);
    }
    entries.set(entry, VALUE, pte);
    entries.set(entry, EVENT, event);
    entries.set(entry, GFN, trace.a(event));
    entries.set(entry, LEVEL, level);
  }

  private void madeAgain(int event, int entry, int level, long pte) {
    Trace trace = trace();
    long last = entries.get(entry, LAST);
    int brokenAt = (int) entries.get(entry, LAST_BROKEN);
    if (((last ^ pte) & ~PERMISSIONS) != 0
        || StageTwoEntry.table(level, pte)
        || trace.task(brokenAt) != trace.task(event)
        || letGo(brokenAt, event)) {
      return;
    }
    report(Severity.RULE, "stage-2 entry of gfn " + hex(trace.a(event)) + " level " + level + " is broken and becomes "
        + say(level, pte) + " again" + (last == pte ? "" : " with other permissions"), STORM_RULE,
        List.of(new Evidence(event, Traces.mapRole(trace, event)),
            new Evidence(brokenAt, Traces.mapRole(trace, brokenAt))),
        List.of("in between every other access to the page faults"));
  }

  /** Whether the task of {@code event} let go of any lock since {@code since}: what it does then is another matter. */
  private boolean letGo(int since, int event) {
    Trace trace = trace();
    for (int at = since; at < event; at++) {
      if (trace.task(at) == trace.task(event)) {
        switch (trace.op(at)) {
          case SPIN_UNLOCK, READ_UNLOCK, WRITE_UNLOCK -> {
            return true;
          }
          default -> {}
        }
      }
    }
    return false;
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
    if (trace.op(event) == Op.TLBI_ALL) {
      return true;
    }
    long vmid = entries.get(entry, VMID);
    if (vmid >= 0 && trace.a(event) != vmid) {
      return false;
    }
    int level = (int) entries.get(entry, LEVEL);
    boolean table = StageTwoEntry.table(level, entries.get(entry, BROKEN));
    long gfnStart = entries.get(entry, GFN);
    long gfnEnd = gfnStart + tables.pages(level);
    long gfn = trace.b(event) >>> StageTwoEntry.PAGE_SHIFT;
    long end = gfn + trace.c(event);
    return switch (trace.op(event)) {
      case TLBI_VMID -> true;
      // A leaf goes as a whole wherever the range meets it; a table's leaves go one by one.
      case TLBI_RANGE -> table ? gfn <= gfnStart && gfnEnd <= end : gfn < gfnEnd && gfnStart < end;
      // A table's walk-cache entries and the leaves below it go only with an unknown level.
      case TLBI_IPA -> gfn >= gfnStart && gfn < gfnEnd
          && (trace.c(event) == LEVEL_ANY || (trace.c(event) == level && !table));
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
    if (tables.format() == StageTwoFormat.X86) {
      return;
    }
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
