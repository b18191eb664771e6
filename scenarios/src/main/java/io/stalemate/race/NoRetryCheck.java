package io.stalemate.race;

import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.MmuInvalidation;
import io.stalemate.linux.kvm.MmuInvalidationHva;
import io.stalemate.machine.Machine;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.yardstick.Yardstick;
import java.util.List;

/** The fault handler installs without asking whether an invalidation came in between. */
final class NoRetryCheck implements Race {

  @Override
  public Card card() {
    return new Card("no-retry-check",
        "faults install without re-checking mmu_invalidate_seq under mmu_lock",
        Kind.MUTATION,
        "the retry rule of the invalidation contract, removed: mmu_invalidate_retry() always says "
        + "no",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("yardstick", "fault-vs-invalidate", "fault-vs-migration"),
        "stale-translation");
  }

  /** x86 asks another function, {@code mmu_invalidate_retry_gfn()}. */
  @Override
  public List<SystemUnderTest> systems() {
    return List.of(SystemUnderTest.KVM_ARM64, SystemUnderTest.YARDSTICK);
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withMmuInvalidation(kvm -> switch (kvm.era) {
      case V5_15, V6_2 -> new MmuInvalidationHva(kvm) {
        @Override
        public boolean retry(long mmuSeq, long gfn) {
          // missing: both halves of the check
          return false;
        }
      };
      case V6_8, V6_12 -> new MmuInvalidation(kvm) {
        @Override
        public boolean retry(long mmuSeq, long gfn) {
          // missing: both halves of the check
          return false;
        }
      };
    });
  }

  @Override
  public Yardstick yardstick(Machine m, int invalidations) {
    return new Yardstick(m, invalidations) {
      @Override
      protected boolean mmuInvalidateRetry(long seq) {
        // missing: both halves of the check
        return false;
      }
    };
  }
}
