package io.stalemate.race;

import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.arm64.PgtableVisit;
import io.stalemate.linux.arm64.nvhe.NvhePgtableV612;
import io.stalemate.linux.arm64.nvhe.NvheText;
import java.util.List;

/** An owner's note goes, and its reference on the table page stays. */
final class PkvmOwnerPutForgotten implements Race {

  @Override
  public Card card() {
    return new Card("pkvm-owner-put-forgotten",
        "a page that comes home leaves a reference on the table page",
        Kind.REVIEW,
        "the rule of the set_owner series (807923e04a0f, v5.13), asked for in its review: entries "
        + "that are not empty are counted, and every replacement puts what it replaces",
        List.of("v6.12"),
        List.of("pkvm-donate-and-return", "pkvm-two-donations"),
        "accounting");
  }

  @Override
  public NvheText patch(NvheText text) {
    return text.withPgtable((ops, tlb, vmid, pgd, flags, cb) -> new NvhePgtableV612(ops, tlb, vmid, pgd, flags, cb) {
      @Override
      protected boolean stage2TryBreakPte(PgtableVisit ctx) {
        if (StageTwoPte.valid(ctx.old()) || ctx.old() == 0) {
          return super.stage2TryBreakPte(ctx);
        }
        // missing: put_page() for the note that goes
        return stage2TrySetPte(ctx, StageTwoPte.LOCKED);
      }
    });
  }
}
