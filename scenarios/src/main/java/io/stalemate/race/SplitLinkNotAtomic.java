package io.stalemate.race;

import io.stalemate.linux.x86.KvmMmuPage;
import io.stalemate.linux.x86.TdpIter;
import io.stalemate.linux.x86.TdpSplit;
import io.stalemate.linux.x86.X86Text;
import io.stalemate.machine.Tracepoint;
import java.util.List;

/** Splitting under mmu_lock for reading puts its table in place by a plain store. */
final class SplitLinkNotAtomic implements Race {

  @Override
  public Card card() {
    return new Card("split-link-not-atomic",
        "Eager splitting puts its table over whatever is in the entry by now",
        Kind.MUTATION,
        "tdp_mmu_link_sp(): by cmpxchg under mmu_lock(r), as a fault may split the same leaf; a plain store "
        + "puts a second table over the first, which is lost with what was mapped in it",
        List.of("v6.12", "v6.8"),
        List.of("split-vs-fault"),
        "spte-updates");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(TdpSplit.class, mmu -> new TdpSplit(mmu) {
      @Override
      protected boolean link(TdpIter iter, KvmMmuPage sp, boolean shared) {
        long spte = mmu.makeSpte.makeNonleafSpte(sp.pfn());
        iter.sptep().storeRelease(spte);
        mmu.m.trace(Tracepoint.TDP_SET_SPTE, iter.gfn, iter.level, iter.oldSpte, spte);
        return true;
      }
    });
  }
}
