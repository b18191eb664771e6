package io.stalemate.race;

import io.stalemate.linux.x86.Spte;
import io.stalemate.linux.x86.TdpDirty;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** Write-protection leaves alone what is read-only already, though the fast path may make it writable again. */
final class WpSkipsMmuWritable implements Race {

  @Override
  public Card card() {
    return new Card("wp-skips-mmu-writable",
        "Write-protecting a page for tracking skips an entry that dirty logging made read-only",
        Kind.HISTORICAL,
        "7c8a4742c4ab (v5.17): write_protect_gfn() stopped at an entry without W; one with MMU_WRITABLE is "
        + "given W back by the fast path, and the guest writes a tracked page unseen",
        List.of("v6.12", "v6.8"),
        List.of("write-track-vs-fast-fault"),
        "write-tracking");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(TdpDirty.class, mmu -> new TdpDirty(mmu) {
      @Override
      protected long writeProtected(long spte) {
        // wrong: read-only for now is not read-only for good
        return Spte.writable(spte) ? super.writeProtected(spte) : spte;
      }
    });
  }
}
