package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.EnumSet;
import java.util.List;

/**
 * An SPTE is changed from a value that it does not hold any more: what hardware or the fast path set meanwhile is gone,
 * and with it the news that the page was written, or that a CPU may write it. Whoever cannot exclude that takes the
 * value that was replaced from the operation that replaced it (kvm-protocol 4.4, "volatile").
 */
final class SpteUpdates extends Watch {

  private static final String RULE = "an SPTE that others may change meanwhile is changed by an atomic operation";

  private static final int VALUE = 0;
  /** The event that stored the value, plus 1. */
  private static final int STORED = 1;

  // Entries by the word that holds them.
  private final KeyedRows entries = new KeyedRows(2);

  SpteUpdates() {
    super("spte-updates", "an SPTE is changed from a value that it does not hold any more",
        EnumSet.of(Op.TRACE, Op.CMPXCHG, Op.PAGE_ALLOC), EnumSet.of(Tracepoint.TDP_SET_SPTE));
  }

  @Override
  void reset() {
    entries.clear();
  }

  @Override
  public void on(int event) {
    if (trace().op(event) == Op.TRACE) {
      changed(event);
    } else if (trace().op(event) == Op.PAGE_ALLOC) {
      forget(event);
    } else if (entries.size() > 0 && trace().c(event) == 1) {
      // The fast path's, which is announced next, or hardware's, which is not.
      int entry = entries.find(trace().object(event));
      if (entry >= 0) {
        stored(entry, trace().b(event), event);
      }
    }
  }

  /** A frame is handed out anew, zeroed: what its words held was its last life's. */
  private void forget(int event) {
    long first = trace().object(event);
    for (long word = first; entries.size() > 0 && word < first + trace().c(event); word++) {
      int entry = entries.find(word);
      if (entry >= 0) {
        entries.set(entry, STORED, 0);
      }
    }
  }

  private void changed(int event) {
    Trace trace = trace();
    int store = event - 1;
    if (store < 0 || trace.task(store) != trace.task(event) || !stores(trace.op(store))) {
      return;
    }
    int entry = entries.row(trace.object(store));
    int before = (int) entries.get(entry, STORED) - 1;
    // One that was successful found what it expected.
    if (before >= 0 && trace.op(store) != Op.CMPXCHG && entries.get(entry, VALUE) != trace.c(event) && !done()) {
      report(Severity.RULE, "SPTE of gfn " + hex(trace.a(event)) + " at level " + trace.b(event)
          + " is changed from " + hex(trace.c(event)) + ", but it held " + hex(entries.get(entry, VALUE)), RULE,
          List.of(new Evidence(event, "the change"), new Evidence(before, "what is lost is stored")), List.of());
    }
    stored(entry, trace.d(event), event);
  }

  private void stored(int entry, long value, int event) {
    entries.set(entry, VALUE, value);
    entries.set(entry, STORED, event + 1L);
  }

  /** Nothing: each change is judged when it happens. */
  @Override
  public void end(Ending ending) {}

  private static boolean stores(Op op) {
    return switch (op) {
      case WRITE, WRITE_ONCE, STORE_RELEASE, CMPXCHG, XCHG, FETCH_OR, FETCH_AND -> true;
      default -> false;
    };
  }
}
