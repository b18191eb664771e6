package io.stalemate.race;

import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.MmuNotifier;
import io.stalemate.machine.Tracepoint;
import java.util.List;

/** A notifier pair opens without mn_invalidate_lock: its count may be lost, or come too late for a memslot swap. */
final class MnActiveCountWithoutLock implements Race {

  @Override
  public Card card() {
    return new Card("mn-active-count-without-lock",
        "mn_active_invalidate_count is raised without mn_invalidate_lock",
        Kind.MUTATION,
        "the lock of 52ac8b358b0c removed where a pair opens: the count is a plain load and store",
        List.of("v6.12"),
        List.of("slot-swap-vs-notifier"),
        "data-race");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withMmuNotifier(kvm -> new MmuNotifier(kvm) {
      @Override
      protected void activeBegin() {
        // missing: mn_invalidate_lock
        long count = kvm.mnActiveInvalidateCount.read() + 1;
        kvm.mnActiveInvalidateCount.write(count);
        m.trace(Tracepoint.MN_ACTIVE, count, 0);
        kvm.mnActiveMap.acquire();
      }
    });
  }
}
