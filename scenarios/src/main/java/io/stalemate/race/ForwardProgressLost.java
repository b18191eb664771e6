package io.stalemate.race;

import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.x86.TdpIter;
import io.stalemate.linux.x86.TdpMmu;
import io.stalemate.linux.x86.TdpMmuV68;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** A walker gives way at the same entry again and again. */
final class ForwardProgressLost implements Race {

  @Override
  public Card card() {
    return new Card("forward-progress-lost",
        "walkers let go of mmu_lock without having got anywhere since they did last",
        Kind.HISTORICAL,
        "ed5e484b79e8 (v5.12): two walkers that give way to each other at the same page both stay there",
        List.of("v6.12", "v6.8"),
        List.of("two-walkers-give-way"),
        "progress");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(TdpMmu.class, mmu -> mmu.kvm.era == Era.V6_8
        ? new TdpMmuV68(mmu) {
          @Override
          protected boolean madeProgress(TdpIter iter) {
            // missing: next_last_level_gfn != yielded_gfn
            return true;
          }
        }
        : new TdpMmu(mmu) {
          @Override
          protected boolean madeProgress(TdpIter iter) {
            // missing: next_last_level_gfn != yielded_gfn
            return true;
          }
        });
  }
}
