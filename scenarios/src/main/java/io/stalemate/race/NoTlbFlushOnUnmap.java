package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.KvmPgtableV612;
import io.stalemate.linux.arm64.PgtableVisit;
import java.util.List;

/** Unmap clears leaves and tables and leaves their translations in the TLBs. */
final class NoTlbFlushOnUnmap implements Race {

  @Override
  public Card card() {
    return new Card("no-tlb-flush-on-unmap",
        "a leaf is unmapped without a TLB invalidation",
        Kind.MUTATION,
        "the invalidation in stage2_unmap_put_pte() removed: the host frees the page while CPUs "
        + "still reach it",
        List.of("v6.12"),
        List.of("fault-vs-invalidate", "fault-vs-migration"),
        "break-before-make");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withPgtable((mmOps, tlb, vmid, pgd, cpu) -> new KvmPgtableV612(mmOps, tlb, vmid, pgd, cpu.fwb()) {
      @Override
      protected void stage2UnmapPutPte(PgtableVisit ctx) {
        kvmClearPte(ctx);
        // missing: __kvm_tlb_flush_vmid_ipa()
        mmOps.putPage(ctx.table());
      }
    });
  }
}
