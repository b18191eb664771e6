package io.stalemate.race;

import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.Memslots;
import io.stalemate.scenario.SystemUnderTest;
import java.util.List;

/** The memslot swap does not wait for those who looked a slot up before it. */
final class NoGracePeriod implements Race {

  @Override
  public Card card() {
    return new Card("no-grace-period",
        "kvm_swap_active_memslots() does not call synchronize_srcu()",
        Kind.MUTATION,
        "the rule that makes slot deletion final, removed: no reader of the old set is left when "
        + "the slot is zapped",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("fault-vs-slot-delete"),
        "stale-translation");
  }

  /** On x86 the root is obsolete by the time a late fault takes mmu_lock: it is sent back. */
  @Override
  public List<SystemUnderTest> systems() {
    return List.of(SystemUnderTest.KVM_ARM64);
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withMemslots(kvm -> new Memslots(kvm) {
      @Override
      protected void synchronizeReaders() {
        // missing: synchronize_srcu_expedited()
      }
    });
  }
}
