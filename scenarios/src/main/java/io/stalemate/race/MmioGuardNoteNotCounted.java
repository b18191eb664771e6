package io.stalemate.race;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.MmioGuard;
import io.stalemate.linux.arm64.PgtableWalker;
import io.stalemate.linux.kvm.KvmVcpu;
import java.util.List;

/** A note holds no reference on its table page, which is then freed under it. */
final class MmioGuardNoteNotCounted implements Race {

  @Override
  public Card card() {
    return new Card("mmio-guard-note-not-counted",
        "a note does not count as an entry of its table page",
        Kind.REVIEW,
        "the rule that annotations need (\"KVM: arm64: Refcount stage2 page-table pages for invalid entries\" in the "
            + "review of page ownership, 2021), broken for the MMIO guard: before it only valid entries counted",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("mmio-guard-arguments", "mmio-guard-vs-slot-create"),
        "accounting");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withMmioGuard((kvm, mmu) -> new MmioGuard(kvm, mmu) {
      @Override
      protected int annotate(KvmVcpu vcpu, long ipa) {
        int ret = super.annotate(vcpu, ipa);
        if (ret != 0) {
          return ret;
        }
        return this.mmu.pgtable().walk(ipa, StageTwoGeometry.PAGE_SIZE, new PgtableWalker((ctx, visit) -> {
          // missing: get_page() for an entry that is invalid
          this.mmu.pgtable().mmOps().putPage(ctx.table());
          return 0;
        }, PgtableWalker.LEAF));
      }
    });
  }
}
