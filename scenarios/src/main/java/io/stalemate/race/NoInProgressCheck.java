package io.stalemate.race;

import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.MmuInvalidation;
import io.stalemate.linux.kvm.MmuInvalidationHva;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.yardstick.Yardstick;
import java.util.List;

/** The retry check compares the sequence and does not ask whether an invalidation is still going on. */
final class NoInProgressCheck implements Race {

  @Override
  public Card card() {
    return new Card("no-in-progress-check",
        "the retry check ignores mmu_invalidate_in_progress",
        Kind.MUTATION,
        "one half of the invalidation contract, removed: a fault whose check falls between begin "
        + "and end gets through",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("yardstick", "fault-vs-invalidate"),
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
          // missing: mmu_invalidate_in_progress != 0 sends the fault back
          kvm.mmuLock.assertHeld();
          return seqMoved(gfn, mmuSeq);
        }
      };
      case V6_8, V6_12 -> new MmuInvalidation(kvm) {
        @Override
        public boolean retry(long mmuSeq, long gfn) {
          // missing: mmu_invalidate_in_progress != 0 sends the fault back
          kvm.mmuLock.assertHeld();
          return seqMoved(gfn, mmuSeq);
        }
      };
    });
  }

  @Override
  public Yardstick yardstick(Machine m, int invalidations) {
    return new Yardstick(m, invalidations) {
      @Override
      protected boolean mmuInvalidateRetry(long seq) {
        // missing: mmu_invalidate_in_progress != 0 sends the fault back
        long now = mmuInvalidateSeq.read();
        if (now == seq) {
          return false;
        }
        m.trace(Tracepoint.FAULT_RETRY, GFN, seq, now, 0);
        return true;
      }
    };
  }
}
