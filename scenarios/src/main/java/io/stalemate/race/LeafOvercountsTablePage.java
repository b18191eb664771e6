package io.stalemate.race;

import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.Errno;
import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.KvmPgtableV515;
import io.stalemate.linux.arm64.PgtableVisit;
import io.stalemate.linux.arm64.StageTwoMap;
import java.util.List;

/** A map over a valid leaf counts the table's entry again. */
final class LeafOvercountsTablePage implements Race {

  @Override
  public Card card() {
    return new Card("leaf-overcounts-table-page",
        "mapping over a valid leaf takes another reference on its table page",
        Kind.HISTORICAL,
        "v5.10, fixed by 5c646b7e1d8b (v5.11); put into v5.15 together with the remap of "
        + "identical leaves that 694d071f8d85 (v5.12) ended",
        List.of("v5.15"),
        List.of("two-vcpus-one-page"),
        "accounting");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withPgtable((mmOps, tlb, vmid, pgd, cpu) -> new KvmPgtableV515(mmOps, tlb, vmid, pgd) {
      @Override
      protected int stage2MapWalkerTryLeaf(PgtableVisit ctx, StageTwoMap data) {
        if (!stage2LeafMappingAllowed(ctx, data)) {
          return -Errno.E2BIG;
        }
        long pte = StageTwoPte.leafOf(data.physAt(ctx), data.attributes(), ctx.level());
        long old = ctx.old();
        if (StageTwoPte.valid(old)) {
          kvmClearPte(ctx);
          this.tlb.kvmTlbFlushVmidIpa(this.vmid, ctx.addr(), ctx.level());
          // missing: put_page() for the entry that goes
          old = 0;
        }
        ctx.ptep().storeRelease(pte);
        traceSetPte(ctx, old, pte);
        this.mmOps.getPage(ctx.table());
        return 0;
      }
    });
  }
}
