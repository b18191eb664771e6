package io.stalemate.oracle;

import io.stalemate.machine.Access;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.ObjectKind;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.Arrays;
import java.util.List;

/** A trace told by hand: who does what, one event a call. Oracles hear each event as it is told. */
final class Story {

  static final long VALID = 1;
  static final long PAGE = 3;
  static final long WRITE = 1 << 7;
  static final long SPTE_WRITE = 1 << 1;
  static final long SPTE_LARGE = 1 << 7;
  static final long SPTE_FROZEN = 0x5a0;
  private static final long SPTE_PRESENT = 1 << 11;

  private final Trace trace = new Trace();
  private final OracleSet oracles;
  private int task = Trace.BOOT;

  Story(Oracle... oracles) {
    this.oracles = new OracleSet(List.of(oracles));
    this.oracles.begin(trace);
  }

  Trace trace() {
    return trace;
  }

  /** Adds a task; yields its number. */
  int task(String name) {
    trace.tasks().add(name);
    return trace.tasks().size() - 1;
  }

  int object(ObjectKind kind, String name) {
    return trace.objects().add(kind, name);
  }

  int word(String name) {
    return object(ObjectKind.WORD, name);
  }

  /** What follows is done by {@code newTask}. */
  Story by(int newTask) {
    task = newTask;
    return this;
  }

  Story op(Op op, int object, long... arguments) {
    long[] all = Arrays.copyOf(arguments, 4);
    int event = trace.append(op.ordinal(), task, object, all[0], all[1], all[2], all[3]);
    oracles.on(op.ordinal(), event);
    return this;
  }

  Story point(Tracepoint point, long... arguments) {
    return op(Op.TRACE, point.ordinal(), arguments);
  }

  /** A frame of user memory. */
  Story alloc(long pfn) {
    return op(Op.PAGE_ALLOC, trace.objects().addPage("page", pfn, 1), pfn, PageUse.USER.ordinal(), 1, 1);
  }

  /** A table page; yields its first word. */
  int allocTable(long pfn, int words) {
    int first = trace.objects().addPage("table", pfn, words);
    op(Op.PAGE_ALLOC, first, pfn, PageUse.TABLE.ordinal(), words, 1);
    return first;
  }

  Story free(long pfn, PageUse use) {
    return op(Op.PAGE_FREE, 1, pfn, use.ordinal());
  }

  /** Stores a stage-2 entry of the last level, and says so. */
  Story setPte(int word, long gfn, long old, long pte) {
    return setPte(word, gfn, 3, old, pte);
  }

  Story setPte(int word, long gfn, int level, long old, long pte) {
    return op(Op.STORE_RELEASE, word, pte).point(Tracepoint.S2_SET_PTE, gfn, level, old, pte);
  }

  /** Changes an SPTE of x86's tables, and says so. Level 1 holds pages. */
  Story setSpte(int word, long gfn, int level, long old, long spte) {
    return op(Op.CMPXCHG, word, old, spte, 1).point(Tracepoint.TDP_SET_SPTE, gfn, level, old, spte);
  }

  /** A complete guest access that hits. */
  Story guest(Op op, long gfn, long pfn, long token) {
    return begins(op, gfn, token).hits(op, gfn, pfn, token).done(op, gfn, token);
  }

  Story begins(Op op, long gfn, long token) {
    return point(Tracepoint.GUEST_ACCESS, task, gfn, access(op), token);
  }

  Story hits(Op op, long gfn, long pfn, long token) {
    return op(op, 1, gfn, pfn, token, task);
  }

  Story done(Op op, long gfn, long token) {
    return point(Tracepoint.GUEST_ACCESS_DONE, task, gfn, access(op), token);
  }

  private static long access(Op op) {
    return (op == Op.GUEST_STORE ? Access.STORE : Access.LOAD).ordinal();
  }

  /** A page descriptor for {@code pfn}. */
  static long leaf(long pfn) {
    return pfn << 12 | PAGE;
  }

  /** A table descriptor for the table at {@code pfn}. */
  static long table(long pfn) {
    return pfn << 12 | PAGE;
  }

  /** A present SPTE of x86 for {@code pfn}: a page, or the table there. */
  static long spte(long pfn) {
    return pfn << 12 | SPTE_PRESENT | 5;
  }

  /** The run ends so; yields what was found, worst first. */
  List<Finding> ends(Ending ending) {
    oracles.end(ending);
    return oracles.findings();
  }

  /** The run ends with all tasks done; yields what was found, in one line each. */
  List<String> quiet() {
    return ends(Ending.QUIESCENT).stream().map(Finding::what).toList();
  }
}
