package io.stalemate.race;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.MmioGuard;
import io.stalemate.linux.arm64.PgtableWalker;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.machine.Tracepoint;
import java.util.List;

/** The note goes into the entry as it is, and "MMIO" is an odd number. */
final class MmioGuardNoteValidBit implements Race {

  @Override
  public Card card() {
    return new Card("mmio-guard-note-valid-bit",
        "the note is written unshifted, so that bit 0 makes a page descriptor of it",
        Kind.REVIEW,
        "review of v2 04/16 (Andrew Jones, 6 October 2021): callers of kvm_pgtable_stage2_annotate() have to remember "
            + "to shift; here one does not",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("mmio-guard-no-memory", "mmio-guard-arguments"),
        "conformance");
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
          // missing: the shift
          ctx.ptep().storeRelease(MMIO_NOTE);
          this.m.trace(Tracepoint.S2_SET_PTE, ipa >>> StageTwoGeometry.PAGE_SHIFT, ctx.level(), ctx.old(), MMIO_NOTE);
          return 0;
        }, PgtableWalker.LEAF));
      }
    });
  }
}
