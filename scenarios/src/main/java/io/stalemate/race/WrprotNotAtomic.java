package io.stalemate.race;

import io.stalemate.linux.x86.TdpDirty;
import io.stalemate.linux.x86.TdpIter;
import io.stalemate.linux.x86.X86Text;
import io.stalemate.machine.Tracepoint;
import java.util.List;

/** Write-protection of a slot stores its entries plainly, though it shares mmu_lock with faults. */
final class WrprotNotAtomic implements Race {

  @Override
  public Card card() {
    return new Card("wrprot-not-atomic",
        "Write-protecting a slot under mmu_lock for reading stores what it read a moment ago",
        Kind.MUTATION,
        "wrprot_gfn_range(): entries change by cmpxchg under mmu_lock(r); a plain store puts the huge leaf back over the "
        + "table that a fault split it into",
        List.of("v6.12", "v6.8"),
        List.of("split-vs-fault"),
        "accounting");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(TdpDirty.class, mmu -> new TdpDirty(mmu) {
      @Override
      protected boolean changeSpte(TdpIter iter, long newSpte) {
        iter.sptep().writeOnce(newSpte);
        mmu.m.trace(Tracepoint.TDP_SET_SPTE, iter.gfn, iter.level, iter.oldSpte, newSpte);
        return true;
      }
    });
  }
}
