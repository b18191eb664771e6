package io.stalemate.race;

import io.stalemate.linux.kvm.GfnToPfn;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmPfn;
import io.stalemate.scenario.SystemUnderTest;
import java.util.List;
import java.util.Optional;

/** A fault takes slots_lock inside its SRCU section. */
final class SlotsLockInSrcu implements Race {

  @Override
  public Card card() {
    return new Card("slots-lock-in-srcu",
        "slots_lock is taken inside a kvm->srcu section",
        Kind.MUTATION,
        "the lock order of locking.rst, reversed: synchronize_srcu() is called with slots_lock "
        + "held",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("fault-vs-slot-delete"),
        "progress");
  }

  /** Faults on x86 ask another variant, which may leave the I/O to the background. */
  @Override
  public List<SystemUnderTest> systems() {
    return List.of(SystemUnderTest.KVM_ARM64);
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withGfnToPfn(kvm -> new GfnToPfn(kvm) {
      @Override
      public KvmPfn gfnToPfnMemslot(Optional<KvmMemorySlot> slot, long gfn, boolean writeFault) {
        // missing: leave kvm->srcu first; whoever deletes a slot holds slots_lock and waits for this section
        kvm.slotsLock.lock();
        KvmPfn pfn = super.gfnToPfnMemslot(slot, gfn, writeFault);
        kvm.slotsLock.unlock();
        return pfn;
      }
    });
  }
}
