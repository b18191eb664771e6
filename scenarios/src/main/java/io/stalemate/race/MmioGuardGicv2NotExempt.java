package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.MmioGuard;
import java.util.List;

/** MAP of the GICv2's virtual CPU interface takes its mapping away. */
final class MmioGuardGicv2NotExempt implements Race {

  @Override
  public Card card() {
    return new Card("mmio-guard-gicv2-not-exempt",
        "MAP notes the page of the GICv2 CPU interface, which the guest accesses itself",
        Kind.MUTATION,
        "the exemption in kvm_install_ioguard_page() of v2 04/16 (October 2021), left out",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("mmio-guard-arguments"),
        "conformance");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withMmioGuard((kvm, mmu) -> new MmioGuard(kvm, mmu) {
      @Override
      protected boolean isVgicCpuInterface(long ipa) {
        // missing: the comparison
        return false;
      }
    });
  }
}
