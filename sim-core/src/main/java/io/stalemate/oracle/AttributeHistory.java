package io.stalemate.oracle;

import io.stalemate.linearizability.AttributeOperation;
import io.stalemate.linearizability.Attributes;
import io.stalemate.linearizability.Operation;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code KVM_SET_MEMORY_ATTRIBUTES} and its results, against what faults find a gfn to be and which kind of memory
 * guests reach there. An ioctl is known by the gfns it stores: one that finds all as it should be leaves no event, and
 * is not in the history.
 *
 * <p>x86 only: on arm64 attributes only send faults back, and a gfn leads to the same memory whatever it is.
 */
final class AttributeHistory {

  private static final long PRIVATE = 1 << 3;

  private final ConcurrentHistory<Boolean, AttributeOperation> history = new ConcurrentHistory<>(new Attributes());
  private final GmemPages gmem = new GmemPages();
  // Stores of ioctls that have not returned.
  private final List<Stored> open = new ArrayList<>();
  private boolean tdp;
  private boolean gmems;
  private boolean changed;

  private record Stored(int task, int called, long gfn, boolean isPrivate) {}

  void clear() {
    history.clear();
    gmem.clear();
    open.clear();
    tdp = false;
    gmems = false;
    changed = false;
  }

  ConcurrentHistory<Boolean, AttributeOperation> history() {
    return history;
  }

  /** {@code TDP_ROOT}: this is x86. */
  void tdpRoot() {
    tdp = true;
  }

  /** {@code GMEM_BIND} or {@code GMEM_FOLIO}. */
  void guestMemfd(Trace trace, int event) {
    gmems = true;
    gmem.on(trace, event);
  }

  /** {@code PAGE_ALLOC}: the frame is no file's any more. */
  void alloc(long pfn) {
    if (gmems) {
      gmem.alloc(pfn);
    }
  }

  /** {@code MEM_ATTR}, by an ioctl that was called at {@code called} at the earliest. */
  void stored(Trace trace, int called, int event) {
    changed = true;
    int task = trace.task(event);
    boolean isBoot = task == Trace.BOOT;
    open.add(new Stored(task, isBoot ? event : called, trace.a(event), (trace.b(event) & PRIVATE) != 0));
    if (isBoot) {
      returned(task, 0, event);
    }
  }

  /** The ioctl that {@code task} was in, if any, has returned {@code ret}. */
  void returned(int task, long ret, int event) {
    for (int i = 0; i < open.size(); ) {
      if (open.get(i).task == task) {
        add(open.remove(i), ret, event);
      } else {
        i++;
      }
    }
  }

  /** {@code PRIVATE_CHECK}, of a fault that began at {@code begin}. */
  void found(Trace trace, int begin, int event) {
    if (isJudged()) {
      history.add(trace.task(event), new AttributeOperation.Found(trace.a(event), trace.c(event) != 0), begin, event);
    }
  }

  /** A guest of {@code task} used {@code frame} as {@code gfn}, between two events. */
  void reached(int task, long gfn, long frame, int begin, int end) {
    if (isJudged()) {
      boolean isPrivate = gmem.page(frame) != GmemPages.NONE;
      history.add(task, new AttributeOperation.Reached(gfn, isPrivate), begin, end);
    }
  }

  /** Without files behind slots nothing is private, whatever an attribute says. */
  private boolean isJudged() {
    return tdp && gmems;
  }

  /** The run is over: an ioctl that has not returned would have succeeded, and maybe has already. */
  void end() {
    while (!open.isEmpty()) {
      add(open.removeFirst(), 0, Operation.PENDING);
    }
  }

  private void add(Stored stored, long ret, int end) {
    history.add(
        stored.task, new AttributeOperation.Set(stored.gfn, stored.isPrivate, ret), stored.called, end);
  }

  /** Whether no order explains the history. What nobody changed is not judged. */
  boolean refused() {
    return changed && isJudged() && history.refused();
  }
}
