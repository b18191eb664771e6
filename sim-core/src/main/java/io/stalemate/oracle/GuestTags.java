package io.stalemate.oracle;

import io.stalemate.machine.Pages;
import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;

/**
 * Allocation tags (MTE) of guest pages: each tag word is a register that holds 0 when its page comes into being. Guest
 * and VMM load and store it; no store may be lost, and nobody may see what an earlier owner of the frame left there.
 *
 * <p>The place is the hva page, as in {@link GuestMemory}. A store that overlaps the host's replacing the page there
 * may come before that: the ioctl does not check that a gfn still leads to the page it writes, which its contract
 * allows, because only the VMM itself can replace a page that is referenced. Migration and reclaim cannot; tags that
 * they lose are reported.
 *
 * <p>A store by an ioctl that failed at its page may or may not take effect, and may leave the page without tags. Tags
 * written by an ioctl to a slot that logs dirty pages are lost to the migration the log is for: reported at once.
 */
final class GuestTags extends Watch {

  private static final String RULE = "a tag word of a guest page is a register of its own that holds 0 at first";
  private static final String LOG_RULE = "what changes guest memory while dirty pages are logged is in the log";
  private static final int NONE = -1;
  private static final int PAGE_SHIFT = 12;

  // Of a frame: which zero its cleared tags mean, and the event that cleared its data.
  private static final int ZERO = 0;
  private static final int CLEARED_AT = 1;
  // The event that said it has tags, plus 1.
  private static final int TAGGED_AT = 2;

  private final Slots slots = new Slots();
  private final SlotKinds kinds = new SlotKinds();
  private final KeyedRows frames = new KeyedRows(3);
  private final KeyedRows mapped = new KeyedRows(1);
  private final KeyedRows swapped = new KeyedRows(1);
  private final TagAccesses accesses = new TagAccesses();
  private long zeroes;
  // By task: where its guest access or its ioctl began, and its guest access once it hit.
  private final int[] begun = new int[TASKS_MAX];
  private final int[] underway = new int[TASKS_MAX];

  GuestTags() {
    super("guest-tags", "MTE tags of a guest page are lost, or are somebody else's",
        EnumSet.of(Op.TRACE, Op.PAGE_ALLOC, Op.PAGE_CLEAR, Op.PAGE_COPY, Op.GUEST_LOAD_TAGS, Op.GUEST_STORE_TAGS),
        EnumSet.of(Tracepoint.GUEST_ACCESS, Tracepoint.GUEST_ACCESS_DONE, Tracepoint.SLOT_INSTALL,
            Tracepoint.SLOT_INVALID, Tracepoint.SLOT_GONE, Tracepoint.SLOT_FLAGS, Tracepoint.SWAP, Tracepoint.HOST_PTE,
            Tracepoint.MTE_COPY, Tracepoint.MTE_COPY_DONE, Tracepoint.MTE_TAG_READ, Tracepoint.MTE_TAG_WRITE,
            Tracepoint.MTE_CLEAR, Tracepoint.MTE_TAGGED));
  }

  @Override
  void reset() {
    slots.clear();
    kinds.clear();
    frames.clear();
    mapped.clear();
    swapped.clear();
    accesses.clear();
    zeroes = 0;
    Arrays.fill(begun, NONE);
    Arrays.fill(underway, NONE);
  }

  @Override
  public void on(int event) {
    Trace trace = trace();
    switch (trace.op(event)) {
      case TRACE -> point(event);
      case PAGE_ALLOC -> {
        zero(trace.a(event), 0, 0);
        frames.set(frames.row(trace.a(event)), TAGGED_AT, 0);
      }
      case PAGE_CLEAR -> zero(trace.a(event), ++zeroes, event);
      case PAGE_COPY -> zero(trace.a(event), frames.get(frames.row(trace.b(event)), ZERO), 0);
      case GUEST_LOAD_TAGS -> guest(event, false);
      case GUEST_STORE_TAGS -> guest(event, true);
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
          accesses.ends(underway[task], event);
          underway[task] = NONE;
        }
      }
      case SLOT_INSTALL, SLOT_INVALID, SLOT_GONE, SLOT_FLAGS -> {
        slots.on(trace, event);
        kinds.on(trace, event);
      }
      case SWAP -> {
        if (trace.d(event) == 1) {
          zero(trace.b(event), swapped.get(swapped.row(trace.a(event)), 0), 0);
        } else {
          swapped.set(swapped.row(trace.a(event)), 0, frames.get(frames.row(trace.b(event)), ZERO));
        }
      }
      case HOST_PTE -> {
        mapped.set(mapped.row(trace.a(event)), 0, trace.c(event));
        appears(trace.a(event), trace.c(event), event);
      }
      case MTE_COPY -> begun[task] = event;
      case MTE_COPY_DONE -> copied(event);
      case MTE_TAG_READ -> add(event, (int) trace.c(event), trace.d(event), false);
      case MTE_TAG_WRITE -> {
        add(event, (int) trace.c(event), trace.d(event), true);
        logged(event);
      }
      case MTE_CLEAR -> givenUp(event);
      case MTE_TAGGED -> frames.set(frames.row(trace.a(event)), TAGGED_AT, event + 1L);
      default -> {}
    }
  }

  private void zero(long pfn, long zero, int clearedAt) {
    int frame = frames.row(pfn);
    frames.set(frame, ZERO, zero);
    frames.set(frame, CLEARED_AT, clearedAt);
  }

  /** A page can be reached at a place from now on; if it is new there, its tags are 0: a store by the host. */
  private void appears(long hva, long pfn, int event) {
    int frame = pfn == 0 ? NONE : frames.find(pfn);
    long zero = frame == NONE ? 0 : frames.get(frame, ZERO);
    if (zero == 0 || accesses.knows(place(hva, 0), -zero)) {
      return;
    }
    int clearedAt = (int) frames.get(frame, CLEARED_AT);
    for (int word = 0; word < Pages.TAG_WORDS; word++) {
      accesses.ends(accesses.add(place(hva, word), -zero, true, trace().task(event),
          clearedAt > 0 ? clearedAt : event, event), event);
    }
  }

  private void guest(int event, boolean store) {
    Trace trace = trace();
    underway[trace.task(event)] = add(event, trace.objects().index(trace.object(event)), trace.c(event), store);
  }

  /** Yields the number of the access at {@code event}, whose a and b are gfn and pfn, or NONE if it has no place. */
  private int add(int event, int word, long tag, boolean store) {
    Trace trace = trace();
    int task = trace.task(event);
    long hva = slots.lastHva(trace.a(event));
    // Cleared tags are those of the page that is in the frame now.
    long token = tag != 0 ? tag : -frames.get(frames.row(trace.b(event)), ZERO);
    if (hva == Slots.NO_HVA || token == 0) {
      return NONE;
    }
    return accesses.add(place(hva, word), token, store, task, begun[task] == NONE ? event : begun[task], event);
  }

  /** An ioctl is over: what it read, and what it wrote to pages that it counts, has taken effect. */
  private void copied(int event) {
    Trace trace = trace();
    long gfnEnd = trace.a(event) + Math.max(0, trace.b(event) >> PAGE_SHIFT);
    for (int i = 0; i < accesses.size(); i++) {
      if (accesses.isOpen(i) && accesses.task(i) == trace.task(event)
          && (!accesses.isStore(i) || trace.a(accesses.hit(i)) < gfnEnd)) {
        accesses.ends(i, event);
      }
    }
  }

  /** A copy failed half way and leaves no tags: the host stores zeros, now or a little later. */
  private void givenUp(int event) {
    Trace trace = trace();
    if (trace.b(event) == 0) {
      return;
    }
    long pfn = trace.a(event);
    zero(pfn, ++zeroes, 0);
    for (int i = 0; i < mapped.size(); i++) {
      for (int word = 0; word < Pages.TAG_WORDS && mapped.get(i, 0) == pfn; word++) {
        accesses.add(place(mapped.key(i), word), -zeroes, true, NONE, event, event);
      }
    }
  }

  private void logged(int event) {
    long id = slots.id(trace().a(event));
    if (id != NONE && kinds.logs(id)) {
      report(Severity.CORRUPTION, "tags of gfn " + hex(trace().a(event)) + " are written while memslot " + id
          + " logs dirty pages, and are not in the log", LOG_RULE,
          List.of(new Evidence(event, "the ioctl writes tags")), List.of("a migration under way misses them"));
    }
  }

  @Override
  public void end(Ending ending) {
    for (int i = 0; i < accesses.size() && !done(); i++) {
      if (!accesses.knows(accesses.place(i), accesses.token(i))) {
        foreign(i);
      }
    }
    for (int n = 0; n < accesses.places() && !done(); n++) {
      if (!accesses.linearizes(trace(), accesses.placeAt(n))) {
        lost(accesses.placeAt(n), accesses.first(), accesses.second());
      }
      leaves(accesses.undecided());
    }
  }

  private void foreign(int access) {
    int event = accesses.hit(access);
    String who = trace().op(event) == Op.TRACE ? "the ioctl reads" : "the guest loads";
    String gfn = hex(trace().a(event));
    boolean elsewhere = accesses.storedAt(access) >= 0;
    List<Evidence> evidence = new ArrayList<>(List.of(new Evidence(event, who + " tags of gfn " + gfn)));
    if (elsewhere) {
      evidence.add(new Evidence(accesses.storedAt(access), "store of them elsewhere"));
    }
    int tagged = (int) frames.get(frames.row(trace().b(event)), TAGGED_AT) - 1;
    if (tagged >= 0 && tagged < event) {
      evidence.add(new Evidence(tagged, "the page is said to have tags of its own"));
    }
    report(Severity.CORRUPTION, who + " tags " + token(accesses.token(access)) + " of gfn " + gfn
        + (elsewhere ? ", which are another page's" : ", which an earlier owner of the frame left"),
        RULE, evidence, List.of());
  }

  private void lost(long place, long first, long second) {
    List<Evidence> evidence = new ArrayList<>();
    for (int i = 0; i < accesses.size(); i++) {
      if (accesses.place(i) == place && (accesses.token(i) == first || accesses.token(i) == second)) {
        evidence.add(new Evidence(accesses.hit(i), what(i) + " tags " + token(accesses.token(i))));
      }
    }
    String where = "tag word " + place % Pages.TAG_WORDS + " of hva page " + hex(place / Pages.TAG_WORDS);
    report(Severity.CORRUPTION, first == second
        ? where + ": tags " + token(first) + " are loaded before they are stored"
        : where + ": tags " + token(first) + " come back after " + token(second),
        RULE, evidence, accesses.drawn(trace()));
  }

  private String what(int access) {
    int event = accesses.hit(access);
    if (trace().op(event) != Op.TRACE) {
      return accesses.isStore(access) ? "guest stores" : "guest loads";
    }
    return switch (trace().point(event)) {
      case MTE_TAG_READ -> "ioctl reads";
      case MTE_TAG_WRITE -> "ioctl writes";
      default -> "host puts";
    };
  }

  /** What people call a tag word's token. */
  static String token(long token) {
    if ((token & Pages.STALE_TAGS) != 0 && token > 0) {
      return "stale#" + hex(token ^ Pages.STALE_TAGS);
    }
    return token < 0 ? "zero#" + -token : hex(token);
  }

  private static long place(long hva, int word) {
    return hva * Pages.TAG_WORDS + word;
  }
}
