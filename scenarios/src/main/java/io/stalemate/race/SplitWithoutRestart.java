package io.stalemate.race;

import io.stalemate.linux.x86.TdpIter;
import io.stalemate.linux.x86.TdpSplit;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** Splitting goes on at the entry it was at after it let go of mmu_lock to allocate a table. */
final class SplitWithoutRestart implements Race {

  @Override
  public Card card() {
    return new Card("split-without-restart",
        "Eager splitting uses an entry that it read before it let go of mmu_lock",
        Kind.MUTATION,
        "tdp_mmu_split_huge_pages_root(): iter.yielded after the allocation (cf3ff0ee24d6, v6.11); without it "
        + "CLEAR splits a leaf that a notifier has zapped meanwhile, and maps its freed frame page by page",
        List.of("v6.12"),
        List.of("clear-splits-vs-punch"),
        "spte-updates");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(TdpSplit.class, mmu -> new TdpSplit(mmu) {
      @Override
      protected void yielded(TdpIter iter) {}
    });
  }
}
