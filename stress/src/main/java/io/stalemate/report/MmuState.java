package io.stalemate.report;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.ObjectKind;
import io.stalemate.trace.ObjectTable;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The MMU's state beside the interleaving: holder of {@code mmu_lock}, sequence count, invalidations in progress; the
 * memslot generation where MMIO is cached, the private gfns where attributes change.
 */
final class MmuState {

  private static final String UNKNOWN = "-";
  /** {@code KVM_MEMSLOT_GEN_UPDATE_IN_PROGRESS}. */
  private static final long IN_PROGRESS = 1L << 63;

  private final Trace trace;
  private final int lock;
  private final int[] words;
  private final String[] values;
  private final List<String> readers = new ArrayList<>();
  private final boolean hasAttributes;
  private final boolean hasGenerations;
  private final Set<Long> privateGfns = new TreeSet<>();
  private long generation;
  private String writer = "";

  /** The state before the first event of {@code trace}. */
  MmuState(Trace trace) {
    this.trace = trace;
    this.lock = find("mmu_lock", "mmu_lock");
    // Names up to v5.19, then from v6.1.
    this.words = new int[] {
      find("mmu_notifier_seq", "mmu_invalidate_seq"), find("mmu_notifier_count", "mmu_invalidate_in_progress")
    };
    this.values = new String[] {initial(words[0]), initial(words[1])};
    this.hasAttributes = announces(Tracepoint.MEM_ATTR);
    this.hasGenerations = announces(Tracepoint.MMIO_CACHED) || announces(Tracepoint.MMIO_SPTE_CHECK);
  }

  private boolean announces(Tracepoint point) {
    for (int event = 0; event < trace.size(); event++) {
      if (trace.op(event) == Op.TRACE && trace.point(event) == point) {
        return true;
      }
    }
    return false;
  }

  private int find(String older, String name) {
    ObjectTable objects = trace.objects();
    for (int id = 1; id < objects.size(); id++) {
      String base = objects.baseName(id);
      base = base.substring(base.lastIndexOf('>') + 1);
      if ((base.equals(name) || base.equals(older)) && objects.kind(id) != ObjectKind.TASK) {
        return id;
      }
    }
    return ObjectTable.NONE;
  }

  /** What a word held at first is known from the first event that read it, if nothing stored before. */
  private String initial(int word) {
    for (int event = 0; word != ObjectTable.NONE && event < trace.size(); event++) {
      if (trace.object(event) == word && isWordOp(trace.op(event))) {
        return switch (trace.op(event)) {
          case WRITE, WRITE_ONCE, STORE_RELEASE -> UNKNOWN;
          default -> Long.toString(trace.a(event));
        };
      }
    }
    return UNKNOWN;
  }

  private static boolean isWordOp(Op op) {
    return op.compareTo(Op.FETCH_AND) <= 0;
  }

  private static boolean isChange(Op op) {
    return op.compareTo(Op.CMPXCHG) >= 0 && op.compareTo(Op.FETCH_AND) <= 0;
  }

  /** Event {@code event} has happened. */
  void follow(int event) {
    Op op = trace.op(event);
    if (op == Op.TRACE) {
      point(event);
      return;
    }
    if (trace.object(event) == ObjectTable.NONE) {
      return;
    }
    int object = trace.object(event);
    if (op == Op.WRITE && trace.objects().baseName(object).equals("memslots->generation")) {
      generation = trace.a(event);
    }
    if (object == lock) {
      lock(op, event, Steps.task(trace, trace.task(event)));
    }
    for (int i = 0; i < words.length; i++) {
      if (object == words[i] && isWordOp(op)) {
        values[i] = Long.toString(isChange(op) ? trace.b(event) : trace.a(event));
      }
    }
  }

  private void point(int event) {
    if (trace.point(event) == Tracepoint.SLOTS_SWAP) {
      generation = trace.a(event);
    } else if (trace.point(event) == Tracepoint.MEM_ATTR) {
      privateGfns.remove(trace.a(event));
      if (trace.b(event) != 0) {
        privateGfns.add(trace.a(event));
      }
    }
  }

  private void lock(Op op, int event, String task) {
    switch (op) {
      case SPIN_LOCK -> writer = task;
      case SPIN_TRYLOCK -> writer = trace.a(event) == 1 ? task : writer;
      case WRITE_LOCK -> writer = "W " + task;
      case SPIN_UNLOCK, WRITE_UNLOCK -> writer = "";
      case READ_LOCK -> readers.add(task);
      case READ_UNLOCK -> readers.remove(task);
      default -> {}
    }
  }

  /** Yields the titles of the columns; none for what the run has not. */
  List<String> titles() {
    return pick("mmu_lock", "seq", "inv", "gen", "private");
  }

  /** Yields the values now, in the order of the titles. */
  List<String> values() {
    String holder = switch (readers.size()) {
      case 0 -> writer.isEmpty() ? UNKNOWN : writer;
      case 1 -> "R " + readers.getFirst();
      default -> "R " + readers.size() + " tasks";
    };
    String gfns = privateGfns.isEmpty()
        ? UNKNOWN
        : privateGfns.stream().map(Long::toHexString).collect(Collectors.joining(" "));
    return pick(holder, values[0], values[1], generation(), gfns);
  }

  /** Yields the generation; a star says that it is in flux: nothing is cached meanwhile. */
  private String generation() {
    return (generation & ~IN_PROGRESS) + (generation < 0 ? "*" : "");
  }

  private List<String> pick(String holder, String seq, String inProgress, String memslotGeneration, String gfns) {
    List<String> picked = new ArrayList<>();
    if (lock != ObjectTable.NONE) {
      picked.add(holder);
    }
    if (words[0] != ObjectTable.NONE) {
      picked.add(seq);
    }
    if (words[1] != ObjectTable.NONE) {
      picked.add(inProgress);
    }
    if (hasGenerations) {
      picked.add(memslotGeneration);
    }
    if (hasAttributes) {
      picked.add(gfns);
    }
    return picked;
  }
}
