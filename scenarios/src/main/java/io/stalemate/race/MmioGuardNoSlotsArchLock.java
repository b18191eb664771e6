package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.MmioGuard;
import io.stalemate.linux.kvm.KvmVcpu;
import java.util.List;

/** A memslot appears between MAP's look for one and its note. */
final class MmioGuardNoSlotsArchLock implements Race {

  @Override
  public Card card() {
    return new Card("mmio-guard-no-slots-arch-lock",
        "MAP looks for a memslot and notes the page without slots_arch_lock in between",
        Kind.MUTATION,
        "the rule of \"KVM: arm64: Add MMIO checking infrastructure\" (v2 04/16, October 2021), broken: no memslot may "
            + "be published between lookup and annotation",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("mmio-guard-vs-slot-create"),
        "conformance");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withMmioGuard((kvm, mmu) -> new MmioGuard(kvm, mmu) {
      @Override
      protected int installUnlessMemslot(KvmVcpu vcpu, long ipa) {
        // missing: slots_arch_lock
        return installLocked(vcpu, ipa);
      }
    });
  }
}
