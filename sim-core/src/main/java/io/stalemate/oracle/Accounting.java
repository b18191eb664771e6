package io.stalemate.oracle;

import io.stalemate.machine.PageUse;
import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.ObjectTable;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;

/**
 * Reference counts against a recount, frames freed twice, tables leaked, accesses to a table that was freed, pages
 * marked dirty or accessed when they are free.
 *
 * <p>A table page of arm64 holds one reference of its own and one for each entry that is neither empty nor locked
 * (kvm-protocol 3.4); one of x86 holds none, and is leaked if it was linked, or a root, and no root reaches it. A root
 * that is invalid is freed when its last user lets go of it, so none is left when all are done. A user page holds one
 * reference for each host entry that maps it and one for each cache it is in, a guest_memfd's among them; a huge page
 * keeps count in its first frame, one for each mapping. Recounts happen at quiescence, when nobody holds a passing
 * reference.
 *
 * <p>Reads of a freed table count for software alone on arm64. A hardware walk that an invalidation overtook reads on
 * in the model and is then thrown away; in the architecture it has ended by the time the DSB completes. On x86 a CPU
 * has left the guest before the table that it walked goes.
 */
final class Accounting extends Watch {

  private static final String TABLE_RULE = "a table page's count is 1 + its counted entries";
  private static final String LINK_RULE = "a table is linked only under a root in use, and freed with it";
  private static final String PAGE_RULE = "a page's count is the number of its mappings and caches";
  private static final String ROOT_RULE = "a root is freed once, by whoever puts the last reference";
  private static final String FREE_RULE = "a frame is freed once, by the last reference, and not touched afterwards";
  private static final int WORDS_MAX = 1 << 24;

  /** States of {@code TDP_ROOT}. */
  private static final int ROOT_FREED = 0;
  private static final int ROOT_INVALID = 2;

  private static final int FREED = 0;
  private static final int COUNT = 1;
  private static final int COUNTED_AT = 2;
  private static final int USE = 3;
  private static final int ALLOCATED = 4;
  private static final int WORDS = 5;

  private final StageTwo tables;
  private final KeyedRows frames = new KeyedRows(6);
  private final KeyedRows hostPfns = new KeyedRows(1);
  private final GmemPages gmem = new GmemPages();
  // By frame: the last TDP_ROOT of it.
  private final KeyedRows roots = new KeyedRows(1);
  // By object: the stamp of this run while the word belongs to a freed table page.
  private int[] dead = new int[256];
  private int stamp;
  // Tasks whose CPU is in a hardware walk, by bit.
  private long walking;
  // By object: whether it is a word of the page cache or the swap cache; 0 unknown, else the stamp, negative for no.
  private final KeyedRows cacheWords = new KeyedRows(1);

  Accounting(int bitsPerLevel) {
    super("accounting", "reference counts differ from a recount; a frame is freed twice or used after it was freed",
        EnumSet.of(Op.TRACE, Op.PAGE_ALLOC, Op.PAGE_FREE, Op.READ, Op.READ_ONCE, Op.LOAD_ACQUIRE, Op.WRITE,
            Op.WRITE_ONCE, Op.STORE_RELEASE, Op.CMPXCHG, Op.XCHG, Op.FETCH_ADD, Op.FETCH_OR, Op.FETCH_AND,
            Op.WALK_BEGIN, Op.TLB_FILL, Op.WALK_FAULT, Op.WALK_AGAIN),
        EnumSet.of(Tracepoint.S2_SET_PTE, Tracepoint.S2_ROOT, Tracepoint.TDP_SET_SPTE, Tracepoint.TDP_ROOT,
            Tracepoint.PT_REF, Tracepoint.PAGE_REF, Tracepoint.PAGE_MARK, Tracepoint.HOST_PTE, Tracepoint.GMEM_FOLIO));
    tables = new StageTwo(bitsPerLevel);
  }

  @Override
  void reset() {
    tables.reset(trace());
    frames.clear();
    hostPfns.clear();
    gmem.clear();
    roots.clear();
    cacheWords.clear();
    walking = 0;
    stamp++;
  }

  @Override
  public void on(int event) {
    Trace trace = trace();
    switch (trace.op(event)) {
      case READ, READ_ONCE, LOAD_ACQUIRE -> load(event);
      case WRITE, WRITE_ONCE, STORE_RELEASE, XCHG, FETCH_ADD, FETCH_OR, FETCH_AND -> touch("store to ", event);
      case CMPXCHG -> {
        if (trace.c(event) == 1) {
          touch("store to ", event);
        } else {
          load(event);
        }
      }
      case WALK_BEGIN -> walking |= 1L << trace.task(event);
      case TLB_FILL, WALK_FAULT, WALK_AGAIN -> walking &= ~(1L << trace.task(event));
      case PAGE_ALLOC -> alloc(event);
      case PAGE_FREE -> free(event);
      case TRACE -> point(event);
      default -> {}
    }
  }

  private void load(int event) {
    if (tables.format() == StageTwoFormat.X86 || (walking >>> trace().task(event) & 1) == 0) {
      touch("read of ", event);
    }
  }

  private void touch(String verb, int event) {
    int object = trace().object(event);
    if (object < dead.length && dead[object] == stamp && !done()) {
      int freed = freeing(object, event);
      String what = verb + trace().objects().name(object);
      String page = isTable(frames.row(trace().a(freed))) ? ", a table page that was freed" : ", which was freed";
      report(Severity.CORRUPTION, what + page, FREE_RULE, List.of(new Evidence(event, what),
          new Evidence(freed, "free of pfn " + hex(trace().a(freed)))), List.of());
    }
  }

  private int freeing(int object, int before) {
    for (int event = before - 1; event >= 0; event--) {
      if (trace().op(event) == Op.PAGE_FREE && trace().object(event) <= object) {
        int frame = frames.find(trace().a(event));
        if (frame >= 0 && object < trace().object(event) + frames.get(frame, WORDS)) {
          return event;
        }
      }
    }
    return before;
  }

  private void alloc(int event) {
    Trace trace = trace();
    if (trace.a(event) == 0) {
      return;
    }
    tables.alloc(event);
    gmem.alloc(trace.a(event));
    int frame = frames.row(trace.a(event));
    frames.set(frame, FREED, 0);
    frames.set(frame, COUNT, 1);
    frames.set(frame, COUNTED_AT, -1);
    frames.set(frame, USE, trace.b(event));
    frames.set(frame, ALLOCATED, event);
    frames.set(frame, WORDS, trace.c(event));
    mark(trace.object(event), trace.c(event), 0);
  }

  private void free(int event) {
    Trace trace = trace();
    tables.free(event);
    long pfn = trace.a(event);
    int frame = frames.row(pfn);
    int freed = (int) frames.get(frame, FREED) - 1;
    if (freed >= 0) {
      report(Severity.CORRUPTION, "pfn " + hex(pfn) + " is freed twice", FREE_RULE,
          List.of(new Evidence(event, "second free of pfn " + hex(pfn)), new Evidence(freed, "first free")), List.of());
    } else if (frames.get(frame, COUNT) > 1) {
      int counted = (int) frames.get(frame, COUNTED_AT);
      report(Severity.CORRUPTION, "pfn " + hex(pfn) + " is freed with a reference count of " + frames.get(frame, COUNT),
          FREE_RULE, List.of(new Evidence(event, "free of pfn " + hex(pfn)),
              new Evidence(Math.max(counted, 0), "its last reference count")), List.of());
    }
    frames.set(frame, FREED, event + 1L);
    if (frames.get(frame, USE) != PageUse.USER.ordinal()) {
      mark(trace.object(event), frames.get(frame, WORDS), stamp);
    }
  }

  private void mark(int first, long words, int value) {
    int end = (int) Math.min(first + words, WORDS_MAX);
    if (end > dead.length) {
      dead = Arrays.copyOf(dead, Math.max(end, dead.length * 2));
    }
    for (int i = first; i < end; i++) {
      dead[i] = value;
    }
  }

  private void point(int event) {
    Trace trace = trace();
    switch (trace.point(event)) {
      case S2_SET_PTE, TDP_SET_SPTE -> tables.set(event);
      case S2_ROOT -> tables.root(event);
      case TDP_ROOT -> root(event);
      case PT_REF, PAGE_REF -> count(event);
      case PAGE_MARK -> marked(event);
      case GMEM_FOLIO -> gmem.on(trace, event);
      case HOST_PTE -> hostPfns.set(hostPfns.row(trace.a(event)), 0, trace.c(event));
      default -> {}
    }
  }

  private void root(int event) {
    Trace trace = trace();
    tables.tdpRoot(event);
    int root = roots.row(trace.a(event));
    int before = (int) roots.get(root, 0);
    boolean known = before > 0;
    if (trace.b(event) == ROOT_FREED && (!known || trace.b(before) == ROOT_FREED)) {
      report(Severity.CORRUPTION, "TDP root pfn " + hex(trace.a(event)) + " is freed "
          + (known ? "twice" : "though it never was one"), ROOT_RULE, known
          ? List.of(new Evidence(event, "second free of the root"), new Evidence(before, "first free"))
          : List.of(new Evidence(event, "free of the root")), List.of());
    }
    roots.set(root, 0, event);
  }

  /** A flag of a page is set by whoever holds a reference to it, or mmu_lock around a leaf that maps it. */
  private void marked(int event) {
    long pfn = trace().a(event);
    int frame = frames.row(pfn);
    int freed = (int) frames.get(frame, FREED) - 1;
    if (freed >= 0) {
      String how = trace().b(event) != 0 ? "dirty" : "accessed";
      report(Severity.CORRUPTION, "pfn " + hex(pfn) + " is marked " + how + ", but it is free", FREE_RULE,
          List.of(new Evidence(event, "mark of pfn " + hex(pfn)), new Evidence(freed, "free of pfn " + hex(pfn))),
          List.of());
    }
  }

  private void count(int event) {
    long pfn = trace().a(event);
    long count = trace().b(event);
    int frame = frames.row(pfn);
    int freed = (int) frames.get(frame, FREED) - 1;
    if (count < 0) {
      report(Severity.CORRUPTION, "reference count of pfn " + hex(pfn) + " drops to " + count, FREE_RULE,
          List.of(new Evidence(event, "put of pfn " + hex(pfn)),
              new Evidence(freed >= 0 ? freed : event, freed >= 0 ? "free of pfn " + hex(pfn) : "one put too many")),
          List.of());
    } else if (freed >= 0) {
      report(Severity.CORRUPTION, "reference to pfn " + hex(pfn) + ", which is free", FREE_RULE,
          List.of(new Evidence(event, "reference count of pfn " + hex(pfn) + " becomes " + count),
              new Evidence(freed, "free of pfn " + hex(pfn))), List.of());
    }
    frames.set(frame, COUNT, count);
    frames.set(frame, COUNTED_AT, event);
  }

  private boolean isTable(int frame) {
    return frames.get(frame, USE) == PageUse.TABLE.ordinal();
  }

  @Override
  public void end(Ending ending) {
    if (ending != Ending.QUIESCENT) {
      return;
    }
    for (int table = 0; table < tables.tables() && !done(); table++) {
      if (tables.allocated(table)) {
        recountTable(table);
      }
    }
    for (int root = 0; root < roots.size() && !done(); root++) {
      leftInvalid((int) roots.get(root, 0));
    }
    gatherCacheWords("i_pages");
    gatherCacheWords("swap_cache");
    for (int frame = 0; frame < frames.size() && !done(); frame++) {
      if (!isTable(frame) && frames.get(frame, FREED) == 0 && frames.get(frame, COUNTED_AT) > 0) {
        recountPage(frame);
      }
    }
  }

  private void leftInvalid(int event) {
    if (trace().b(event) == ROOT_INVALID) {
      report(Severity.CORRUPTION, "TDP root pfn " + hex(trace().a(event)) + " is invalid and nobody frees it",
          ROOT_RULE, List.of(new Evidence(event, "the root becomes invalid")), List.of());
    }
  }

  private void recountTable(int table) {
    long pfn = tables.tablePfn(table);
    int frame = frames.row(pfn);
    if (tables.format() == StageTwoFormat.X86) {
      // One that nothing ever linked to waits in a memory cache.
      if (tables.everLinked(table) && !tables.reachableTable(table)) {
        leakedOnX86(table, pfn, frame);
      }
      return;
    }
    int expected = 1 + tables.counted(table);
    long count = frames.get(frame, COUNT);
    if (frames.get(frame, COUNTED_AT) < 0) {
      // Never a table in this life: it may wait in a memory cache.
      return;
    }
    if (tables.rooted() && !tables.reachableTable(table)) {
      leaked(pfn, frame);
    } else if (count != expected) {
      int counted = (int) frames.get(frame, COUNTED_AT);
      report(Severity.CORRUPTION, "table page pfn " + hex(pfn) + " has a count of " + count + ", recounted " + expected,
          TABLE_RULE, List.of(new Evidence(counted,
              "last reference count of pfn " + hex(pfn))), List.of());
    }
  }

  private void leaked(long pfn, int frame) {
    report(Severity.CORRUPTION, "table page pfn " + hex(pfn) + " is leaked: no root reaches it", TABLE_RULE,
        List.of(new Evidence((int) frames.get(frame, ALLOCATED), "allocation of pfn " + hex(pfn))), List.of());
  }

  private void leakedOnX86(int table, long pfn, int frame) {
    List<Evidence> evidence = new ArrayList<>();
    int link = tables.link(table);
    if (link >= 0) {
      new TableLinks(trace(), tables).tell(pfn, tables.event(link), evidence);
    }
    evidence.add(new Evidence((int) frames.get(frame, ALLOCATED), "allocation of pfn " + hex(pfn)));
    report(Severity.CORRUPTION, "table page pfn " + hex(pfn) + " is leaked: no root reaches it", LINK_RULE, evidence,
        List.of());
  }

  private void recountPage(int frame) {
    long pfn = frames.key(frame);
    long mappings = 0;
    for (int i = 0; i < hostPfns.size(); i++) {
      mappings += hostPfns.get(i, 0) == pfn ? 1 : 0;
    }
    long count = frames.get(frame, COUNT);
    long expected = mappings + caches(pfn);
    if (count != expected) {
      report(count < expected ? Severity.CORRUPTION : Severity.RULE, "pfn " + hex(pfn) + " has a reference count of "
          + count + ", recounted " + expected, PAGE_RULE,
          List.of(new Evidence((int) frames.get(frame, COUNTED_AT), "last reference count of pfn " + hex(pfn))),
          List.of());
    }
  }

  /** What the words of a page cache or swap cache hold now: looked up at the end, because stores are the hot path. */
  private void gatherCacheWords(String row) {
    Trace trace = trace();
    int first = trace.objects().find(row);
    if (first == ObjectTable.NONE) {
      return;
    }
    int last = first + trace.objects().rowLength(first) - 1;
    for (int event = 0; event < trace.size(); event++) {
      int object = trace.object(event);
      if (object < first || object > last) {
        continue;
      }
      switch (trace.op(event)) {
        case WRITE, WRITE_ONCE, STORE_RELEASE -> cacheWords.set(cacheWords.row(object), 0, trace.a(event));
        case XCHG -> cacheWords.set(cacheWords.row(object), 0, trace.b(event));
        case CMPXCHG -> {
          if (trace.c(event) == 1) {
            cacheWords.set(cacheWords.row(object), 0, trace.b(event));
          }
        }
        default -> {}
      }
    }
  }

  /** Yields how many words of page caches and the swap cache name the frame now. */
  private long caches(long pfn) {
    long caches = gmem.page(pfn) != GmemPages.NONE && gmem.removedAt(pfn) < 0 ? 1 : 0;
    for (int i = 0; i < cacheWords.size(); i++) {
      caches += cacheWords.get(i, 0) == pfn ? 1 : 0;
    }
    return caches;
  }
}
