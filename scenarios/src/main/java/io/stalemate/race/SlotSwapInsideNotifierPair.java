package io.stalemate.race;

import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.Memslots;
import java.util.List;

/** The memslot sets are swapped without waiting for notifier pairs to be over. */
final class SlotSwapInsideNotifierPair implements Race {

  @Override
  public Card card() {
    return new Card("slot-swap-inside-notifier-pair",
        "the memslot sets are swapped between a notifier's start and end",
        Kind.GUARD,
        "52ac8b358b0c (v5.15), without which eliding mmu_lock for ranges without a memslot "
        + "(071064f14d87) leaves the counters unbalanced",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("slot-swap-vs-notifier"),
        "staleness-protocol");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withMemslots(kvm -> new Memslots(kvm) {
      @Override
      protected void waitForNotifiers() {
        // missing: sleep until mn_active_invalidate_count is 0
        kvm.mnInvalidateLock.lock();
      }
    });
  }
}
