package io.stalemate.race;

import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.x86.DirectPageFault;
import io.stalemate.linux.x86.DirectPageFaultV68;
import io.stalemate.linux.x86.KvmPageFault;
import io.stalemate.linux.x86.X86Mmu;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** Faults that found no memory are held against invalidations of memory. */
final class RetryCheckWithoutSlot implements Race {

  @Override
  public Card card() {
    return new Card("retry-check-without-slot",
        "an MMIO fault asks whether an invalidation came in between, though it has no memory that could go",
        Kind.GUARD,
        "the guard that came with 4a42d848db95 (v5.12), \"Skip mmu_notifier check when handling MMIO page fault\"",
        List.of("v6.12", "v6.8"),
        List.of("mmio-vs-notifier"),
        "conformance");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(DirectPageFault.class,
        mmu -> text.era() == Era.V6_8 ? new BeforeCleanUps(mmu) : new AfterCleanUps(mmu));
  }

  private static final class AfterCleanUps extends DirectPageFault {

    AfterCleanUps(X86Mmu mmu) {
      super(mmu);
    }

    @Override
    protected boolean subjectToInvalidation(KvmPageFault fault) {
      // missing: only if there is a slot
      return true;
    }
  }

  private static final class BeforeCleanUps extends DirectPageFaultV68 {

    BeforeCleanUps(X86Mmu mmu) {
      super(mmu);
    }

    @Override
    protected boolean subjectToInvalidation(KvmPageFault fault) {
      // missing: only if there is a slot
      return true;
    }
  }
}
