package io.stalemate.race;

import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.MmuInvalidation;
import io.stalemate.linux.kvm.MmuInvalidationHva;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.yardstick.Yardstick;
import java.util.List;

/** The retry check asks whether an invalidation is going on and does not compare the sequence. */
final class NoSeqCheck implements Race {

  @Override
  public Card card() {
    return new Card("no-seq-check",
        "the retry check ignores mmu_invalidate_seq",
        Kind.MUTATION,
        "one half of the invalidation contract, removed: a fault whose lookup came before an "
        + "invalidation that is over gets through",
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
          // missing: a sequence other than the sample sends the fault back
          kvm.mmuLock.assertHeld();
          long inProgress = kvm.mmuInvalidateInProgress.read();
          return inProgress != 0 && sendBack(gfn, mmuSeq, kvm.mmuInvalidateSeq.read(), inProgress);
        }
      };
      case V6_8, V6_12 -> new MmuInvalidation(kvm) {
        @Override
        public boolean retry(long mmuSeq, long gfn) {
          // missing: a sequence other than the sample sends the fault back
          kvm.mmuLock.assertHeld();
          long inProgress = kvm.mmuInvalidateInProgress.read();
          return inProgress != 0 && sendBack(gfn, mmuSeq, kvm.mmuInvalidateSeq.read(), inProgress);
        }
      };
    });
  }

  @Override
  public Yardstick yardstick(Machine m, int invalidations) {
    return new Yardstick(m, invalidations) {
      @Override
      protected boolean mmuInvalidateRetry(long seq) {
        // missing: a sequence other than the sample sends the fault back
        long inProgress = mmuInvalidateInProgress.read();
        if (inProgress == 0) {
          return false;
        }
        m.trace(Tracepoint.FAULT_RETRY, GFN, seq, mmuInvalidateSeq.read(), inProgress);
        return true;
      }
    };
  }
}
