package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.KvmPgtableV612;
import io.stalemate.linux.arm64.PgtableVisit;
import java.util.List;

/** The invalidation for a table that goes names the table's level, and spares what lies below. */
final class TlbiLevelHintForTable implements Race {

  @Override
  public Card card() {
    return new Card("tlbi-level-hint-for-table",
        "unmapping a table invalidates with the table's level as hint",
        Kind.HISTORICAL,
        "fixed by 36e008323926 (v6.9, \"Don't pass a TLBI level hint when zapping table entries\"): walk-cache entries "
        + "and lower leaves survive",
        List.of("v6.12"),
        List.of("two-leaves-one-table", "fault-vs-invalidate"),
        "break-before-make");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withPgtable((mmOps, tlb, vmid, pgd, cpu) -> new KvmPgtableV612(mmOps, tlb, vmid, pgd, cpu.fwb()) {
      @Override
      protected void stage2UnmapPutPte(PgtableVisit ctx) {
        kvmClearPte(ctx);
        // missing: a level that says "unknown" where the entry was a table
        this.tlb.kvmTlbFlushVmidIpa(this.vmid, ctx.addr(), ctx.level());
        this.mmOps.putPage(ctx.table());
      }
    });
  }
}
