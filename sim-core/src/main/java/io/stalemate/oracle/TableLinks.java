package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.List;

/**
 * Looks back at how an x86 table page was linked, and at what became of the root above it; made once there is something
 * to explain. Pages are followed as they were then: by now their frames may be in other use.
 */
final class TableLinks {

  /** States of {@code TDP_ROOT}. */
  private static final int ROOT_FREED = 0;
  private static final int ROOT_VALID = 1;
  private static final int ROOT_INVALID = 2;

  private final Trace trace;
  private final StageTwo tables;

  TableLinks(Trace trace, StageTwo tables) {
    this.trace = trace;
    this.tables = tables;
  }

  /**
   * Adds the last link to table page {@code pfn}, how it went if it did, and how the root went.
   *
   * @param changed the last event that changed the entry of that link
   */
  void tell(long pfn, int changed, List<Evidence> evidence) {
    int linked = linkOf(pfn, trace.size());
    evidence.add(new Evidence(linked, Traces.mapRole(trace, linked)));
    if (changed > linked) {
      evidence.add(new Evidence(changed, Traces.mapRole(trace, changed)));
    }
    int root = rootAbove(linked);
    if (root >= 0) {
      endOfRoot(root, evidence);
    }
  }

  /** Yields the last event before {@code before} that linked to a table page, or -1. */
  private int linkOf(long pfn, int before) {
    for (int event = before - 1; event >= 0; event--) {
      if (Traces.is(trace, event, Tracepoint.TDP_SET_SPTE)
          && tables.format().table((int) trace.b(event), trace.d(event))
          && tables.format().pfn(trace.d(event)) == pfn) {
        return event;
      }
    }
    return -1;
  }

  /** Yields the event that made the root under which {@code linked} linked a table, or -1; frames may be others now. */
  private int rootAbove(int linked) {
    int link = linked;
    while (link >= 0) {
      int owner = link;
      while (owner >= 0 && !allocates(owner, tables.word(link))) {
        owner--;
      }
      if (owner < 0) {
        return -1;
      }
      long pfn = trace.a(owner);
      for (int event = owner; event < link; event++) {
        if (isRoot(event, pfn, ROOT_VALID)) {
          return event;
        }
      }
      link = linkOf(pfn, link);
    }
    return -1;
  }

  private boolean allocates(int event, long word) {
    return trace.op(event) == Op.PAGE_ALLOC
        && word >= trace.object(event)
        && word < trace.object(event) + trace.c(event);
  }

  /** How the root went that the event {@code begin} made. */
  private void endOfRoot(int begin, List<Evidence> evidence) {
    long root = trace.a(begin);
    boolean freed = false;
    for (int event = begin; event < trace.size() && !freed; event++) {
      if (isRoot(event, root, ROOT_INVALID)) {
        evidence.add(new Evidence(event, "root pfn " + Watch.hex(root) + " becomes invalid"));
      }
      freed = isRoot(event, root, ROOT_FREED);
      if (freed) {
        evidence.add(new Evidence(event, "root pfn " + Watch.hex(root) + " is freed"));
      }
    }
  }

  private boolean isRoot(int event, long root, int state) {
    return Traces.is(trace, event, Tracepoint.TDP_ROOT) && trace.a(event) == root && trace.b(event) == state;
  }
}
