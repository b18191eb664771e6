package io.stalemate.oracle;

import io.stalemate.linearizability.Memslot;
import io.stalemate.linearizability.MemslotOperation;
import io.stalemate.linearizability.Memslots;
import io.stalemate.linearizability.Operation;
import io.stalemate.trace.Trace;
import java.util.Arrays;
import java.util.List;

/**
 * {@code KVM_SET_USER_MEMORY_REGION} and its results, against what guests and kernel find at a gfn: memory that a guest
 * uses needs a slot, an access that becomes a device's needs that there is none. While an ioctl deletes or moves a slot
 * it may be found or missed.
 */
final class SlotHistory {

  private static final int NOT_OPEN = -1;
  private static final int TASK_BITS = 8;

  private final ConcurrentHistory<List<Memslot>, MemslotOperation> history = new ConcurrentHistory<>(new Memslots());
  // By task: the ioctl it is in.
  private final int[] called = new int[Watch.TASKS_MAX];
  private final boolean[] retires = new boolean[Watch.TASKS_MAX];
  private final long[] flags = new long[Watch.TASKS_MAX];
  // By task and gfn: since when it is in the kernel and found a slot there.
  private final KeyedRows found = new KeyedRows(1);
  private boolean slots;

  void clear() {
    history.clear();
    found.clear();
    Arrays.fill(called, NOT_OPEN);
    slots = false;
  }

  ConcurrentHistory<List<Memslot>, MemslotOperation> history() {
    return history;
  }

  /** {@code SET_REGION}. */
  void called(Trace trace, int event) {
    int task = trace.task(event);
    called[task] = event;
    retires[task] = false;
    flags[task] = 0;
    slots = true;
  }

  /** {@code SLOT_INVALID}. */
  void invalid(Trace trace, int event) {
    retires[trace.task(event)] = true;
  }

  /** {@code SLOT_FLAGS}: those that the ioctl gives its slot, unless they are none. */
  void flags(Trace trace, int event) {
    flags[trace.task(event)] = trace.b(event);
  }

  /** {@code SET_REGION_DONE}. */
  void returned(Trace trace, int event) {
    int task = trace.task(event);
    int begin = called[task];
    called[task] = NOT_OPEN;
    flags[task] = trace.b(event);
    change(trace, task, begin, event, trace.c(event));
  }

  /** The run is over: an ioctl that has not returned would have succeeded, and maybe has already. */
  void end(Trace trace) {
    for (int task = 0; task < called.length; task++) {
      if (called[task] != NOT_OPEN) {
        change(trace, task, called[task], Operation.PENDING, 0);
      }
    }
  }

  private void change(Trace trace, int task, int begin, int end, long ret) {
    int id = (int) trace.a(begin);
    if (retires[task]) {
      history.add(task, new MemslotOperation.Retire(id), begin, end);
      if (ret != 0) {
        history.add(task, new MemslotOperation.Restore(id), begin, end);
      }
    }
    history.add(task, new MemslotOperation.SetRegion(
        id, trace.b(begin), trace.c(begin), trace.d(begin), flags[task], ret), begin, end);
  }

  /** A guest of {@code task} used memory at {@code gfn}. */
  void used(int task, long gfn, boolean write, int begin, int end) {
    if (slots) {
      history.add(task, new MemslotOperation.Found(gfn, write), begin, end);
    }
  }

  /** A guest's access to {@code gfn} was decided to be no memory's. */
  void missed(int task, long gfn, boolean write, int begin, int end) {
    if (slots) {
      history.add(task, new MemslotOperation.Missed(gfn, write), begin, end);
    }
  }

  /** {@code SLOT_USE}: the first of what the task does since {@code begin} says most. */
  void looked(int task, long gfn, int begin, int end) {
    if (slots) {
      int row = found.row(gfn << TASK_BITS | task);
      if (found.get(row, 0) != begin + 1L) {
        found.set(row, 0, begin + 1L);
        history.add(task, new MemslotOperation.Found(gfn, false), begin, end);
      }
    }
  }
}
