package io.stalemate.race;

import io.stalemate.machine.Machine;
import io.stalemate.yardstick.Yardstick;
import java.util.List;

/** The fault handler installs without asking whether an invalidation came in between. */
final class NoRetryCheck implements Race {

  @Override
  public Card card() {
    return new Card("no-retry-check", "faults install without re-checking mmu_invalidate_seq under mmu_lock",
        Kind.MUTATION, "removal of mmu_invalidate_retry() from the fault path", List.of("v6.12", "v6.2", "v5.15"),
        List.of("yardstick", "fault-vs-invalidate"), "stale-translation");
  }

  @Override
  public Yardstick yardstick(Machine m, int invalidations) {
    return new Yardstick(m, invalidations) {
      @Override
      protected boolean mmuInvalidateRetry(long seq) {
        return false;
      }
    };
  }
}
