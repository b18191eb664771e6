package io.stalemate.oracle;

import io.stalemate.linearizability.Operation;
import io.stalemate.linearizability.PageEntry;
import io.stalemate.linearizability.PageMapOperation;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.List;

/**
 * Whose the pages behind protected KVM are, as a part of the page map: what the hypervisor gets is annotated as its own
 * ({@code host_stage2_set_owner_locked()}), what it gives back is the host's to map again, and a host abort looks the
 * entry up. Host memory is mapped at its own address.
 */
final class OwnerHistory {

  /** {@code PKVM_ID_HYP}. */
  private static final long HYP = 1;

  private static final int AS_ANNOUNCED = -1;

  private static final long EPERM = 1;
  private static final long EAGAIN = 11;

  private final ConcurrentHistory<PageEntry, PageMapOperation> history;
  private final PageOwners owners = new PageOwners();
  // Transitions whose calls have not returned.
  private final List<Changed> open = new ArrayList<>();

  private record Changed(int task, int called, int announced, long page, boolean isHyps) {}

  /** Owners in {@code history}, which has the host's pages. */
  OwnerHistory(ConcurrentHistory<PageEntry, PageMapOperation> history) {
    this.history = history;
  }

  void clear() {
    owners.clear();
    open.clear();
  }

  /** {@code HYP_MEMORY}. */
  void memory(Trace trace, int event) {
    owners.memory(trace, event);
  }

  /** {@code PKVM_TRANSITION}, by a call that began at {@code called} at the earliest. */
  void transition(Trace trace, int called, int event) {
    int task = trace.task(event);
    // No return was seen of the call before, which had its effect when it was announced.
    close(task, AS_ANNOUNCED);
    long first = trace.b(event);
    boolean[] before = new boolean[Math.toIntExact(owners.pagesOf(trace, event))];
    for (int i = 0; i < before.length; i++) {
      before[i] = owners.hypOwned(first + i);
    }
    owners.transition(trace, event);
    for (int i = 0; i < before.length; i++) {
      if (owners.hypOwned(first + i) != before[i]) {
        open.add(new Changed(task, task == Trace.BOOT ? event : called, event, first + i, !before[i]));
      }
    }
    if (task == Trace.BOOT) {
      close(task, event);
    }
  }

  /** The call of {@code task}, if any, has returned. */
  void returned(int task, int event) {
    close(task, event);
  }

  /** Ends the call of {@code task} at {@code end}, or when it was announced. */
  private void close(int task, int end) {
    for (int i = 0; i < open.size(); ) {
      if (open.get(i).task == task) {
        Changed changed = open.remove(i);
        add(changed, end == AS_ANNOUNCED ? changed.announced : end);
      } else {
        i++;
      }
    }
  }

  /** The run is over: what did not return may have taken effect. */
  void end() {
    while (!open.isEmpty()) {
      add(open.removeFirst(), Operation.PENDING);
    }
  }

  private void add(Changed changed, int end) {
    PageMapOperation operation = changed.isHyps
        ? new PageMapOperation.Annotate(changed.page, HYP)
        : new PageMapOperation.Set(changed.page, mapped(changed.page));
    history.add(changed.task, operation, changed.called, end);
  }

  /** {@code HOST_MEM_ABORT_DONE}, of an abort that began at {@code begin}: what it must have found. */
  void aborted(Trace trace, int begin, int event) {
    long page = trace.b(event) >>> StageTwoEntry.PAGE_SHIFT;
    long ret = trace.c(event);
    if (ret == -EPERM) {
      history.add(
          trace.task(event), new PageMapOperation.GetLeaf(page, new PageEntry.Owned(HYP)), begin, event);
    } else if (ret == 0 || ret == -EAGAIN) {
      history.add(trace.task(event), new PageMapOperation.GetLeaf(page, mapped(page)), begin, event);
    }
  }

  private static PageEntry mapped(long page) {
    return new PageEntry.Leaf(page, true);
  }
}
