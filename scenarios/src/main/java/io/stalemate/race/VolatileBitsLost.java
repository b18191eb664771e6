package io.stalemate.race;

import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.x86.TdpMmu;
import io.stalemate.linux.x86.TdpMmuV68;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** An SPTE that the fast path or hardware may change is stored plainly under mmu_lock for writing. */
final class VolatileBitsLost implements Race {

  @Override
  public Card card() {
    return new Card("volatile-bits-lost",
        "an SPTE with volatile bits is stored plainly, and what was set meanwhile is lost",
        Kind.HISTORICAL,
        "ba3a6120a4e7 (v5.19): the holder of mmu_lock(w) takes what it replaces from an XCHG",
        List.of("v6.12", "v6.8"),
        List.of("unmap-vs-fast-fault"),
        "spte-updates");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(TdpMmu.class, mmu -> mmu.kvm.era == Era.V6_8
        ? new TdpMmuV68(mmu) {
          @Override
          protected boolean needAtomicWrite(long oldSpte, int level) {
            // missing: spte_has_volatile_bits()
            return false;
          }
        }
        : new TdpMmu(mmu) {
          @Override
          protected boolean needAtomicWrite(long oldSpte, int level) {
            // missing: spte_has_volatile_bits()
            return false;
          }
        });
  }
}
