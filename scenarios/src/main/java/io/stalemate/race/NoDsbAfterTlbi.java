package io.stalemate.race;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.KvmTlb;
import java.util.List;

/** TLB maintenance returns before it is complete. */
final class NoDsbAfterTlbi implements Race {

  @Override
  public Card card() {
    return new Card("no-dsb-after-tlbi",
        "TLB invalidations are not followed by a DSB",
        Kind.MUTATION,
        "the architecture's rule that a TLBI is complete only after a DSB, broken in "
        + "__kvm_tlb_flush_vmid_ipa()",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("fault-vs-migration", "fault-vs-invalidate"),
        "break-before-make");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withTlb((m, cpu) -> new KvmTlb(m, cpu.tlbRange()) {
      @Override
      public void kvmTlbFlushVmidIpa(int vmid, long ipa, int level) {
        tlb.dsbIshst();
        tlb.tlbiIpa(vmid, ipa & -StageTwoGeometry.PAGE_SIZE, level);
        // missing: DSB ISH
      }
    });
  }
}
