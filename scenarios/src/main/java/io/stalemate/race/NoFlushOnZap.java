package io.stalemate.race;

import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.x86.KvmMmuPage;
import io.stalemate.linux.x86.TdpZap;
import io.stalemate.linux.x86.TdpZapV68;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** Zapping leafs does not say that the TLBs are to be flushed. */
final class NoFlushOnZap implements Race {

  @Override
  public Card card() {
    return new Card("no-flush-on-zap",
        "leafs are zapped without a flush of the TLBs",
        Kind.MUTATION,
        "tdp_mmu_zap_leafs(): whoever zapped a leaf of a valid root flushes before it lets go of mmu_lock",
        List.of("v6.12", "v6.8"),
        List.of("tdp-map-vs-unmap"),
        "stale-translation");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(TdpZap.class, mmu -> mmu.kvm.era == Era.V6_8
        ? new TdpZapV68(mmu) {
          @Override
          protected boolean needsFlush(KvmMmuPage root) {
            // missing: flush = true
            return false;
          }
        }
        : new TdpZap(mmu) {
          @Override
          protected boolean needsFlush(KvmMmuPage root) {
            // missing: flush = true
            return false;
          }
        });
  }
}
