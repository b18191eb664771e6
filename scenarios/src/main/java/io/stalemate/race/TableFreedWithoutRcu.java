package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.KvmPgtableV612;
import java.util.List;

/** A table that a block replaced is freed while a parallel walker may be inside. */
final class TableFreedWithoutRcu implements Race {

  @Override
  public Card card() {
    return new Card("table-freed-without-rcu",
        "the table that a block replaced is freed without waiting for RCU readers",
        Kind.GUARD,
        "the rule that came with parallel walks (v6.2, \"Free removed stage-2 tables in RCU callback\"), removed",
        List.of("v6.12"),
        List.of("collapse"),
        "accounting");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withPgtable((mmOps, tlb, vmid, pgd, cpu) -> new KvmPgtableV612(mmOps, tlb, vmid, pgd, cpu.fwb()) {
      @Override
      protected void stage2FreeUnlinkedTable(long table, int level) {
        // missing: call_rcu()
        kvmPgtableStage2FreeUnlinked(table, level);
      }
    });
  }
}
