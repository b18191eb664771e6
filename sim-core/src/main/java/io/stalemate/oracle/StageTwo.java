package io.stalemate.oracle;

import io.stalemate.machine.PageUse;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;

/**
 * The stage-2 tables as the events of a run tell them: every entry by the word that holds it, and which table page it
 * lies in, so that entries of tables that were unlinked (and are about to be freed by RCU) are told from live ones.
 *
 * <p>Entries outside any known table page, and all entries while no root was announced, count as live. A root counts
 * until it is freed: on x86 an invalid one too, which is zapped before the memslot update that made it so returns.
 */
final class StageTwo {

  private static final int VALUE = 0;
  private static final int GFN = 1;
  private static final int LEVEL = 2;
  private static final int EVENT = 3;
  private static final int TABLE = 4;

  private static final int FIRST = 0;
  private static final int WORDS = 1;
  private static final int LINK = 2;
  private static final int ROOT_OF = 3;
  private static final int ALLOCATED = 4;
  private static final int HUNG_FROM = 5;

  private static final int LEVELS_MAX = 8;

  private final int bitsPerLevel;
  private final KeyedRows entries = new KeyedRows(5);
  private final KeyedRows tables = new KeyedRows(6);
  private Trace trace = new Trace();
  private StageTwoFormat format = StageTwoFormat.ARM64;
  private boolean rooted;

  /** Tables whose pages hold {@code 1 << bitsPerLevel} entries. */
  StageTwo(int bitsPerLevel) {
    this.bitsPerLevel = bitsPerLevel;
  }

  void reset(Trace trace) {
    this.trace = trace;
    entries.clear();
    tables.clear();
    format = StageTwoFormat.ARM64;
    rooted = false;
  }

  /** How the run's entries are written; arm64's until an x86 event is seen. */
  StageTwoFormat format() {
    return format;
  }

  /** Number of pages that a leaf at {@code level} maps. */
  long pages(int level) {
    int shift = bitsPerLevel * format.levelsBelow(level);
    return shift < Long.SIZE - 1 ? 1L << shift : Long.MAX_VALUE;
  }

  /** {@code PAGE_ALLOC}. */
  void alloc(int event) {
    if (trace.b(event) != PageUse.TABLE.ordinal() || trace.a(event) == 0) {
      return;
    }
    int table = tables.row(trace.a(event));
    tables.set(table, FIRST, trace.object(event));
    tables.set(table, WORDS, trace.c(event));
    tables.set(table, LINK, 0);
    tables.set(table, ROOT_OF, 0);
    tables.set(table, ALLOCATED, 1);
    tables.set(table, HUNG_FROM, 0);
    for (int i = 0; i < entries.size(); i++) {
      if (entries.get(i, TABLE) == table + 1 && inside(i, table)) {
        entries.set(i, VALUE, 0);
      }
    }
  }

  /** {@code PAGE_FREE}. */
  void free(int event) {
    int table = tables.find(trace.a(event));
    if (table >= 0) {
      tables.set(table, ALLOCATED, 0);
      tables.set(table, ROOT_OF, 0);
    }
  }

  /** {@code S2_ROOT}. */
  void root(int event) {
    long owner = trace.a(event) + 1;
    rooted = true;
    for (int i = 0; i < tables.size(); i++) {
      if (tables.get(i, ROOT_OF) == owner) {
        tables.set(i, ROOT_OF, 0);
      }
    }
    if (trace.b(event) != 0) {
      int table = tables.row(trace.b(event));
      tables.set(table, ROOT_OF, owner);
      tables.set(table, HUNG_FROM, owner);
    }
  }

  /** {@code TDP_ROOT}: a VM has several, each until it is freed. */
  void tdpRoot(int event) {
    format = StageTwoFormat.X86;
    rooted = true;
    long owner = trace.a(event) + 1;
    int table = tables.row(trace.a(event));
    tables.set(table, ROOT_OF, trace.b(event) != 0 ? owner : 0);
    tables.set(table, HUNG_FROM, owner);
  }

  /** {@code S2_SET_PTE} or {@code TDP_SET_SPTE}; yields the entry. */
  int set(int event) {
    format = StageTwoFormat.of(trace.point(event));
    long key = word(event);
    int before = entries.size();
    int entry = entries.row(key);
    if (entry == before) {
      entries.set(entry, TABLE, tableOf(key) + 1);
    }
    int level = (int) trace.b(event);
    long value = trace.d(event);
    entries.set(entry, VALUE, value);
    entries.set(entry, GFN, trace.a(event));
    entries.set(entry, LEVEL, level);
    entries.set(entry, EVENT, event);
    if (format.table(level, value)) {
      int child = tables.find(format.pfn(value));
      if (child >= 0) {
        tables.set(child, LINK, entry + 1);
      }
    }
    return entry;
  }

  /** Yields the event that changed the entry of {@link #set} last before, or -1. */
  int changed(int event) {
    int entry = entries.find(word(event));
    return entry < 0 ? -1 : event(entry);
  }

  /** Yields the word that the store before the event of {@link #set} hit, or a key made of gfn and level. */
  long word(int event) {
    int store = event - 1;
    if (store >= 0 && trace.task(store) == trace.task(event) && stores(trace.op(store))) {
      return trace.object(store);
    }
    return -1 - (trace.a(event) * LEVELS_MAX + trace.b(event));
  }

  int entries() {
    return entries.size();
  }

  long value(int entry) {
    return entries.get(entry, VALUE);
  }

  long gfn(int entry) {
    return entries.get(entry, GFN);
  }

  int level(int entry) {
    return (int) entries.get(entry, LEVEL);
  }

  /** The event that stored the entry's value. */
  int event(int entry) {
    return (int) entries.get(entry, EVENT);
  }

  /** The first frame that the entry's value leads to. */
  long pfn(int entry) {
    return format.pfn(value(entry));
  }

  /** Whether the entry is a leaf that a hardware walk can reach. */
  boolean liveLeaf(int entry) {
    return format.leaf(level(entry), value(entry)) && reachable(entry);
  }

  /** Whether a root was announced, so that reachability means something. */
  boolean rooted() {
    return rooted;
  }

  int tables() {
    return tables.size();
  }

  long tablePfn(int table) {
    return tables.key(table);
  }

  boolean allocated(int table) {
    return tables.get(table, ALLOCATED) != 0;
  }

  /** Yields the number of counted entries of a table page. */
  int counted(int table) {
    int counted = 0;
    for (int i = 0; i < entries.size(); i++) {
      if (entries.get(i, TABLE) == table + 1 && inside(i, table) && format.counted(value(i))) {
        counted++;
      }
    }
    return counted;
  }

  /** Whether the table page was linked to, or a root, since it was allocated. */
  boolean everLinked(int table) {
    return tables.get(table, LINK) != 0 || tables.get(table, HUNG_FROM) != 0;
  }

  /** Yields the entry that linked to the table page last since it was allocated, or -1. */
  int link(int table) {
    return (int) tables.get(table, LINK) - 1;
  }

  /** Whether a walk from a root reaches the table page. */
  boolean reachableTable(int table) {
    int at = table;
    for (int i = 0; i < LEVELS_MAX; i++) {
      if (tables.get(at, ROOT_OF) != 0) {
        return true;
      }
      int link = (int) tables.get(at, LINK) - 1;
      if (link < 0
          || !format.table(level(link), value(link))
          || pfn(link) != tables.key(at)) {
        return false;
      }
      int above = (int) entries.get(link, TABLE) - 1;
      if (above < 0 || !inside(link, above)) {
        return above < 0;
      }
      at = above;
    }
    return false;
  }

  /** Yields the VMID (x86: the frame) of the root that the entry hangs from, or hung from last; -1 if none is known. */
  long vmid(int entry) {
    int top = top(entry);
    return top < 0 ? -1 : tables.get(top, HUNG_FROM) - 1;
  }

  /** Whether the entry is in a table that was built aside: neither it nor what links to it ever hung from a root. */
  boolean aside(int entry) {
    int top = top(entry);
    return rooted && top >= 0 && tables.get(top, HUNG_FROM) == 0;
  }

  /** Yields the table page at the upper end of what links to the entry, or linked to it; -1 if that is unknown. */
  private int top(int entry) {
    int at = (int) entries.get(entry, TABLE) - 1;
    for (int i = 0; i < LEVELS_MAX && at >= 0; i++) {
      if (tables.get(at, LINK) == 0 || tables.get(at, HUNG_FROM) != 0) {
        return at;
      }
      at = (int) entries.get((int) tables.get(at, LINK) - 1, TABLE) - 1;
    }
    return -1;
  }

  private boolean reachable(int entry) {
    int table = (int) entries.get(entry, TABLE) - 1;
    if (table < 0 || !rooted) {
      return true;
    }
    return inside(entry, table) && reachableTable(table);
  }

  /** A frame that became a table again has other words: entries of its former life lie outside. */
  private boolean inside(int entry, int table) {
    long word = entries.key(entry) - tables.get(table, FIRST);
    return word >= 0 && word < tables.get(table, WORDS);
  }

  private int tableOf(long word) {
    for (int i = tables.size() - 1; i >= 0; i--) {
      long index = word - tables.get(i, FIRST);
      if (index >= 0 && index < tables.get(i, WORDS)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean stores(Op op) {
    return switch (op) {
      case WRITE, WRITE_ONCE, STORE_RELEASE, CMPXCHG, XCHG, FETCH_ADD, FETCH_OR, FETCH_AND -> true;
      default -> false;
    };
  }
}
