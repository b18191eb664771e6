package io.stalemate.race;

import io.stalemate.linux.x86.Spte;
import io.stalemate.linux.x86.TdpDirty;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** Write-protection for dirty logging clears the bit of whatever is at the last level. */
final class ClearDirtyNotPresent implements Race {

  @Override
  public Card card() {
    return new Card("clear-dirty-not-present",
        "Clearing what says that a page is dirty does not look whether the entry is present",
        Kind.HISTORICAL,
        "3354ef5a592d (v5.12): is_last_spte() alone also holds for MMIO entries, in which the bits mean "
        + "something else: W cleared turns one into a translation that may be executed",
        List.of("v6.12", "v6.8"),
        List.of("mmio-spte-vs-logging"),
        "stale-translation");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(TdpDirty.class, mmu -> new TdpDirty(mmu) {
      @Override
      protected boolean isLoggedLeaf(long spte, int level) {
        return Spte.last(spte, level);
      }
    });
  }
}
