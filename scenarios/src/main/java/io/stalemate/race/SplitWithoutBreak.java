package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.KvmPgtableV612;
import io.stalemate.linux.arm64.PgtableVisit;
import java.util.List;

/** A block becomes a table in one store: old and new translations live side by side. */
final class SplitWithoutBreak implements Race {

  @Override
  public Card card() {
    return new Card("split-without-break",
        "a block is replaced by a table without break-before-make",
        Kind.MUTATION,
        "the architecture's rule for changing the size of a live translation, which "
        + "stage2_try_break_pte() implements, broken",
        List.of("v6.12"),
        List.of("fault-vs-dirty-log"),
        "break-before-make");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withPgtable((mmOps, tlb, vmid, pgd, cpu) -> new KvmPgtableV612(mmOps, tlb, vmid, pgd, cpu.fwb()) {
      @Override
      protected boolean stage2TryBreakPte(PgtableVisit ctx) {
        // missing: an invalid entry and the invalidation of what was cached, before the new entry
        return ctx.ptep().readOnce() == ctx.old();
      }

      @Override
      protected void stage2MakePte(PgtableVisit ctx, long pte) {
        if (ctx.old() == 0) {
          mmOps.getPage(ctx.table());
        }
        ctx.ptep().storeRelease(pte);
        traceSetPte(ctx, ctx.old(), pte);
      }
    });
  }
}
