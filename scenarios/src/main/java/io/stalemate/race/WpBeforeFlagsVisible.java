package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Mmu;
import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.kvm.MemslotChange;
import java.util.List;

/** A slot is write-protected before faults know that it is logged. */
final class WpBeforeFlagsVisible implements Race {

  @Override
  public Card card() {
    return new Card("wp-before-flags-visible",
        "turning logging on write-protects the slot before faults see the flag",
        Kind.MUTATION,
        "kvm_mmu_wp_memory_region() moved from kvm_arch_commit_memory_region() to "
        + "kvm_arch_prepare_memory_region(), ahead of the swap and its grace period",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("fault-vs-dirty-log"),
        "dirty-log");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withArm64Mmu((kvm, mmu, userMemAbort) -> new Arm64Mmu(kvm, mmu, userMemAbort) {
      @Override
      public int prepareMemoryRegion(MemslotChange change) {
        int ret = super.prepareMemoryRegion(change);
        if (ret == 0 && change.slot().isLogging()) {
          kvmMmuWpMemoryRegion(change.slot());
        }
        return ret;
      }

      @Override
      public void commitMemoryRegion(MemslotChange change) {
        // missing: kvm_mmu_wp_memory_region(), when no fault uses the old flags any more
      }
    });
  }
}
