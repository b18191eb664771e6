package io.stalemate.race;

import io.stalemate.linux.x86.Spte;
import io.stalemate.linux.x86.TdpDirty;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** Write-protection for tracking flushes only if the entry had W. */
final class WpFlushSkipped implements Race {

  @Override
  public Card card() {
    return new Card("wp-flush-skipped",
        "Write-protecting a page for tracking does not flush if dirty logging cleared W before",
        Kind.MUTATION,
        "Documentation/virt/kvm/locking.rst: dirty logging clears W and flushes after it let go of mmu_lock, "
        + "so an entry with MMU_WRITABLE may be writable in a TLB although its W is clear",
        List.of("v6.12", "v6.8"),
        List.of("write-track-vs-fast-fault"),
        "write-tracking");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(TdpDirty.class, mmu -> new TdpDirty(mmu) {
      @Override
      protected boolean mayBeCachedWritable(long oldSpte) {
        // wrong: the entry is not what the TLBs hold
        return Spte.writable(oldSpte);
      }
    });
  }
}
