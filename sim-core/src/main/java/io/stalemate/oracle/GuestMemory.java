package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;

/**
 * What guests load and store at one place must be the history of one register: no store may be lost, no old value come
 * back. The place is the hva page behind the gfn, so that a memslot may move, or the page of a guest_memfd whose frame
 * the guest reached, so that conversions switch places. What KVM loads and stores for the guest, when it emulates an
 * access, counts like the guest's own. Checked when the run is over.
 *
 * <p>The host stores too: a page with a token new to the place becomes mapped there (zeroed, or filled at set-up). A
 * token that only ever was another place's is foreign: somebody reads a page that is not theirs. So is what a frame
 * of a guest_memfd holds that nobody has cleared, filled or stored to since it was allocated.
 */
final class GuestMemory extends Watch {

  private static final String RULE = "loads and stores of a guest page behave as those of one register";
  private static final String RULE_CLEARED = "a guest reads no frame that was not cleared or filled before";
  private static final int NONE = -1;
  private static final long NO_TOKEN = 0;

  private static final int TOKEN = 0;
  private static final int CLEARED_AT = 1;
  /** The word with the frame's data. */
  private static final int WORD = 2;
  private static final int ALLOCATED_AT = 3;

  /** Of {@code EMULATE}: KVM did the access in guest memory. */
  private static final int IN_MEMORY = 1;

  private final Slots slots = new Slots();
  private final GmemPages gmem = new GmemPages();
  private final KeyedRows frames = new KeyedRows(4);
  private final KeyedRows mappedPfns = new KeyedRows(1);
  private final KeyedRows places = new KeyedRows(1);
  private final KeyedRows tokens = new KeyedRows(1);
  private final KeyedRows known = new KeyedRows(0);
  private final RegisterHistory register = new RegisterHistory(value -> "token " + token((int) value));
  // Accesses of the run.
  private int[] placeOf = new int[64];
  private int[] tokenOf = new int[64];
  private int[] begins = new int[64];
  private int[] ends = new int[64];
  private int[] hits = new int[64];
  private boolean[] stores = new boolean[64];
  private int accesses;
  /** The first load of a frame that nobody has written to, and the frame's allocation; or NONE. */
  private int unclearedLoad;
  private int unclearedAlloc;
  // By task: where its access began, and its number once it hit.
  private final int[] begun = new int[TASKS_MAX];
  private final int[] underway = new int[TASKS_MAX];

  GuestMemory() {
    super("guest-memory", "guest loads and stores of a page do not linearize: a lost write, or foreign data",
        EnumSet.of(Op.TRACE, Op.PAGE_ALLOC, Op.PAGE_CLEAR, Op.PAGE_COPY, Op.GUEST_LOAD, Op.GUEST_STORE,
            Op.GUEST_FETCH),
        EnumSet.of(Tracepoint.GUEST_ACCESS, Tracepoint.GUEST_ACCESS_DONE, Tracepoint.SLOT_INSTALL,
            Tracepoint.SLOT_INVALID, Tracepoint.SLOT_GONE, Tracepoint.SWAP, Tracepoint.HOST_PTE,
            Tracepoint.GMEM_BIND, Tracepoint.GMEM_FOLIO, Tracepoint.EMULATE));
  }

  @Override
  void reset() {
    slots.clear();
    gmem.clear();
    frames.clear();
    mappedPfns.clear();
    places.clear();
    tokens.clear();
    known.clear();
    accesses = 0;
    unclearedLoad = NONE;
    unclearedAlloc = NONE;
    Arrays.fill(begun, NONE);
    Arrays.fill(underway, NONE);
  }

  @Override
  public void on(int event) {
    Trace trace = trace();
    switch (trace.op(event)) {
      case TRACE -> point(event);
      case PAGE_ALLOC -> {
        gmem.alloc(trace.a(event));
        holds(trace.a(event), NO_TOKEN);
        frames.set(frames.row(trace.a(event)), WORD, trace.object(event));
        frames.set(frames.row(trace.a(event)), ALLOCATED_AT, event);
      }
      case PAGE_CLEAR -> {
        holds(trace.a(event), trace.b(event));
        frames.set(frames.row(trace.a(event)), CLEARED_AT, event);
        changedUnderMappings(event);
      }
      case PAGE_COPY -> {
        holds(trace.a(event), trace.c(event));
        changedUnderMappings(event);
      }
      case GUEST_LOAD, GUEST_FETCH -> guest(event, trace.a(event), trace.b(event), trace.c(event), false);
      case GUEST_STORE -> {
        holds(trace.b(event), trace.c(event));
        guest(event, trace.a(event), trace.b(event), trace.c(event), true);
      }
      default -> {}
    }
  }

  private void point(int event) {
    Trace trace = trace();
    int task = trace.task(event);
    switch (trace.point(event)) {
      case GUEST_ACCESS -> {
        begun[task] = event;
        underway[task] = NONE;
      }
      case GUEST_ACCESS_DONE -> {
        if (underway[task] != NONE) {
          ends[underway[task]] = event;
          underway[task] = NONE;
        }
        begun[task] = NONE;
      }
      case SLOT_INSTALL, SLOT_INVALID, SLOT_GONE -> slots.on(trace, event);
      case SWAP -> {
        if (trace.d(event) == 1) {
          holds(trace.b(event), trace.c(event));
        }
      }
      case HOST_PTE -> maps(trace.a(event), trace.c(event), event);
      case GMEM_BIND -> gmem.on(trace, event);
      case GMEM_FOLIO -> {
        gmem.on(trace, event);
        maps(GmemPages.key(trace.a(event), trace.b(event)), trace.c(event), event);
      }
      case EMULATE -> {
        if (trace.d(event) == IN_MEMORY) {
          emulated(event);
        }
      }
      default -> {}
    }
  }

  private void holds(long pfn, long token) {
    int frame = frames.row(pfn);
    frames.set(frame, TOKEN, token);
    frames.set(frame, CLEARED_AT, 0);
  }

  private void maps(long place, long pfn, int event) {
    mappedPfns.set(mappedPfns.row(place), 0, pfn);
    appears(place, pfn, event);
  }

  private void changedUnderMappings(int event) {
    long pfn = trace().a(event);
    for (int i = 0; i < mappedPfns.size(); i++) {
      if (mappedPfns.get(i, 0) == pfn) {
        appears(mappedPfns.key(i), pfn, event);
      }
    }
  }

  /** A frame can be reached at a place from now on: if its token is new there, that is a store by the host. */
  private void appears(long place, long pfn, int event) {
    int frame = pfn == 0 ? NONE : frames.find(pfn);
    if (frame >= 0 && frames.get(frame, TOKEN) != NO_TOKEN && !knows(place, frames.get(frame, TOKEN))) {
      // It takes effect at some time between the two: other tasks may see the page's place empty meanwhile.
      int cleared = (int) frames.get(frame, CLEARED_AT);
      add(place, frames.get(frame, TOKEN), true, cleared > 0 ? cleared : event, event, event);
    }
  }

  /** The place that a guest gets to who finds {@code pfn} behind {@code gfn}. */
  private long place(long gfn, long pfn) {
    long page = gmem.page(pfn);
    return page == GmemPages.NONE ? slots.lastHva(gfn) : page;
  }

  private void guest(int event, long gfn, long pfn, long token, boolean store) {
    int task = trace().task(event);
    long place = place(gfn, pfn);
    if (token == NO_TOKEN && !store) {
      loadsUncleared(event, pfn);
    }
    if (place == Slots.NO_HVA || token == NO_TOKEN) {
      return;
    }
    underway[task] = accesses;
    add(place, token, store, begun[task] == NONE ? event : begun[task], Integer.MAX_VALUE, event);
  }

  private void loadsUncleared(int event, long pfn) {
    int frame = frames.find(pfn);
    // Others' frames may come as they are: all memory of a host behind pKVM does.
    boolean ofFile = gmem.page(pfn) != GmemPages.NONE;
    if (unclearedLoad == NONE && ofFile && frame >= 0 && frames.get(frame, TOKEN) == NO_TOKEN) {
      unclearedLoad = event;
      unclearedAlloc = (int) frames.get(frame, ALLOCATED_AT);
    }
  }

  private void emulated(int event) {
    Trace trace = trace();
    int access = Traces.emulatedAccess(trace, event);
    for (int frame = 0; frame < frames.size() && access >= 0; frame++) {
      if (frames.get(frame, WORD) == trace.object(access)) {
        boolean store = trace.c(event) != 0;
        if (store) {
          holds(frames.key(frame), trace.a(access));
        }
        long gfn = trace.b(event) >>> StageTwoEntry.PAGE_SHIFT;
        guest(event, gfn, frames.key(frame), trace.a(access), store);
        return;
      }
    }
  }

  private void add(long place, long token, boolean store, int begin, int end, int hit) {
    if (accesses == hits.length) {
      placeOf = Arrays.copyOf(placeOf, accesses * 2);
      tokenOf = Arrays.copyOf(tokenOf, accesses * 2);
      begins = Arrays.copyOf(begins, accesses * 2);
      ends = Arrays.copyOf(ends, accesses * 2);
      hits = Arrays.copyOf(hits, accesses * 2);
      stores = Arrays.copyOf(stores, accesses * 2);
    }
    int row = places.row(place);
    int value = tokens.row(token);
    placeOf[accesses] = row;
    tokenOf[accesses] = value;
    begins[accesses] = begin;
    ends[accesses] = end;
    hits[accesses] = hit;
    stores[accesses++] = store;
    if (store) {
      known.row((long) row << 32 | value);
      tokens.set(value, 0, hit + 1L);
    }
  }

  private boolean knows(long place, long token) {
    int row = places.find(place);
    int value = tokens.find(token);
    return row >= 0 && value >= 0 && known.find((long) row << 32 | value) >= 0;
  }

  @Override
  public void end(Ending ending) {
    for (int place = 0; place < places.size() && !done(); place++) {
      check(place);
    }
    if (unclearedLoad != NONE && !done()) {
      uncleared();
    }
  }

  private void uncleared() {
    String load = "guest load of gfn " + hex(gfn(unclearedLoad));
    report(Severity.CORRUPTION, load + " sees what was left in pfn " + hex(trace().a(unclearedAlloc))
        + ", which nobody has cleared or filled", RULE_CLEARED,
        List.of(new Evidence(unclearedAlloc, "the frame is allocated"), new Evidence(unclearedLoad, load)), List.of());
  }

  private void check(int place) {
    register.clear();
    for (int i = 0; i < accesses; i++) {
      if (placeOf[i] != place) {
        continue;
      }
      int stored = (int) tokens.get(tokenOf[i], 0) - 1;
      if (stored >= 0 && known.find((long) place << 32 | tokenOf[i]) < 0) {
        String load = "guest load of gfn " + hex(gfn(hits[i]));
        report(Severity.CORRUPTION, load + " sees token " + token(tokenOf[i]) + ", which is another page's", RULE,
            List.of(new Evidence(hits[i], load), new Evidence(stored, "store of the token elsewhere")), List.of());
        return;
      }
      register.add(trace().task(hits[i]), tokenOf[i], stores[i], begins[i], ends[i]);
    }
    if (!register.linearizes()) {
      lost(place, (int) register.first(), (int) register.second());
    }
    leaves(register.undecided());
  }

  private void lost(int place, int first, int second) {
    List<Evidence> evidence = new ArrayList<>();
    for (int i = 0; i < accesses; i++) {
      if (placeOf[i] == place && (tokenOf[i] == first || tokenOf[i] == second)) {
        evidence.add(new Evidence(hits[i], actor(hits[i]) + " token " + token(tokenOf[i])));
      }
    }
    long key = places.key(place);
    String page = GmemPages.isKey(key) ? GmemPages.name(key) : "hva page " + hex(key);
    report(Severity.CORRUPTION, first == second
        ? "guest memory at " + page + ": token " + token(first) + " is loaded before it is stored"
        : "guest memory at " + page + ": token " + token(first) + " comes back after token " + token(second),
        RULE, evidence, register.drawn(trace()));
  }

  private long gfn(int event) {
    Trace trace = trace();
    return trace.op(event) == Op.TRACE ? trace.b(event) >>> StageTwoEntry.PAGE_SHIFT : trace.a(event);
  }

  private String actor(int event) {
    return switch (trace().op(event)) {
      case GUEST_STORE -> "guest stores";
      case GUEST_LOAD, GUEST_FETCH -> "guest loads";
      case TRACE -> trace().point(event) != Tracepoint.EMULATE ? "host puts"
          : trace().c(event) != 0 ? "KVM stores" : "KVM loads";
      default -> "host puts";
    };
  }

  private String token(int value) {
    long token = tokens.key(value);
    return token < 0 ? "zero#" + -token : hex(token);
  }
}
