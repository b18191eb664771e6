package io.stalemate.race;

import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.x86.TdpIter;
import io.stalemate.linux.x86.TdpMap;
import io.stalemate.linux.x86.TdpMapV68;
import io.stalemate.linux.x86.TdpMmu;
import io.stalemate.linux.x86.TdpMmuV68;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** A fault takes a frozen SPTE for an empty one. */
final class FrozenSpteOverwritten implements Race {

  @Override
  public Card card() {
    return new Card("frozen-spte-overwritten",
        "a fault maps over an SPTE that is frozen until the TLBs are flushed",
        Kind.MUTATION,
        "FROZEN_SPTE: only who froze an entry may change it",
        List.of("v6.12", "v6.8"),
        List.of("collapse-vs-fault"),
        "spte-updates");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text
        .with(TdpMap.class, mmu -> mmu.kvm.era == Era.V6_8
            ? new TdpMapV68(mmu) {
              @Override
              protected boolean frozen(long spte) {
                // missing: is_frozen_spte()
                return false;
              }
            }
            : new TdpMap(mmu) {
              @Override
              protected boolean frozen(long spte) {
                // missing: is_frozen_spte()
                return false;
              }
            })
        .with(TdpMmu.class, mmu -> mmu.kvm.era == Era.V6_8
            ? new TdpMmuV68(mmu) {
              @Override
              protected void checkMayChange(TdpIter iter) {}
            }
            : new TdpMmu(mmu) {
              @Override
              protected void checkMayChange(TdpIter iter) {}
            });
  }
}
