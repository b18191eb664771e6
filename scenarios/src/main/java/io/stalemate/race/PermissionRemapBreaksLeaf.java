package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.KvmPgtableV515;
import java.util.List;

/** A map over the same leaf breaks it, and every vCPU that uses the page faults for nothing. */
final class PermissionRemapBreaksLeaf implements Race {

  @Override
  public Card card() {
    return new Card("permission-remap-breaks-leaf",
        "a map that changes nothing, or permissions only, does break-before-make",
        Kind.HISTORICAL,
        "fixed by 694d071f8d85 (v5.12): vCPUs that fault on one page break each other's leaf in turn",
        List.of("v5.15"),
        List.of("two-vcpus-one-page"),
        "break-before-make");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withPgtable((mmOps, tlb, vmid, pgd, cpu) -> new KvmPgtableV515(mmOps, tlb, vmid, pgd) {
      @Override
      protected boolean stage2PteNeedsUpdate(long old, long pte) {
        // missing: the comparison with what is mapped already
        return true;
      }
    });
  }
}
