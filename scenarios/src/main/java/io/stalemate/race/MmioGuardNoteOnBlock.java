package io.stalemate.race;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.MmioGuard;
import io.stalemate.linux.kvm.KvmVcpu;
import java.util.List;

/** MAP of one page opens all that one block entry covers. */
final class MmioGuardNoteOnBlock implements Race {

  @Override
  public Card card() {
    return new Card("mmio-guard-note-on-block",
        "MAP notes the whole block around its page",
        Kind.MUTATION,
        "the rule of \"KVM: arm64: Add MMIO checking infrastructure\" (v2 04/16, October 2021), broken: a note is a "
            + "PAGE_SIZE entry, for the page that was asked for",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("mmio-guard-arguments", "mmio-guard-vs-slot-create"),
        "conformance");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withMmioGuard((kvm, mmu) -> new MmioGuard(kvm, mmu) {
      @Override
      protected int annotate(KvmVcpu vcpu, long ipa) {
        // missing: PAGE_SIZE
        long size = this.geometry.granule(StageTwoGeometry.LAST_LEVEL - 1);
        return this.mmu.pgtable().stage2Annotate(ipa & -size, size, vcpu.mmuPageCache, MMIO_NOTE);
      }
    });
  }
}
