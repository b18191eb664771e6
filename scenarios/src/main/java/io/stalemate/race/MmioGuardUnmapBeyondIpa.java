package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.MmioGuard;
import java.util.List;

/** A guest brings its host down by UNMAP of an address that no table has. */
final class MmioGuardUnmapBeyondIpa implements Race {

  @Override
  public Card card() {
    return new Card("mmio-guard-unmap-beyond-ipa",
        "UNMAP asserts that every address has an entry",
        Kind.REVIEW,
        "VM_BUG_ON(ret) in __check_ioguard_page() of v2 04/16 (October 2021), of a result that depends on the guest's "
            + "argument; pKVM's later version returns false instead",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("mmio-guard-arguments"),
        "kernel-warning");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withMmioGuard((kvm, mmu) -> new MmioGuard(kvm, mmu) {
      @Override
      protected boolean walkFailed(int ret) {
        return this.m.warnOn(ret != 0, "VM_BUG_ON(ret) in __check_ioguard_page");
      }
    });
  }
}
