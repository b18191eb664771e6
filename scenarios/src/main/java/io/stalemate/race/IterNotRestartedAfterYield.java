package io.stalemate.race;

import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.x86.KvmMmuPage;
import io.stalemate.linux.x86.TdpIter;
import io.stalemate.linux.x86.TdpMmu;
import io.stalemate.linux.x86.TdpMmuV68;
import io.stalemate.linux.x86.X86Mmu;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** A walk goes on from the tables it was at before it let go of mmu_lock. */
final class IterNotRestartedAfterYield implements Race {

  @Override
  public Card card() {
    return new Card("iter-not-restarted-after-yield",
        "a walk that let go of mmu_lock does not start again from the root",
        Kind.HISTORICAL,
        "3a0f64de479c (v5.16): the tables of the path may have been unlinked and freed meanwhile",
        List.of("v6.12", "v6.8"),
        List.of("zap-all-vs-unmap"),
        "accounting");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(TdpMmu.class, mmu -> mmu.kvm.era == Era.V6_8
        ? new TdpMmuV68(mmu) {
          @Override
          public TdpIter iter(KvmMmuPage root, int minLevel, long start, long end) {
            return new Unrestarted(mmu, root, minLevel, start, end);
          }
        }
        : new TdpMmu(mmu) {
          @Override
          public TdpIter iter(KvmMmuPage root, int minLevel, long start, long end) {
            return new Unrestarted(mmu, root, minLevel, start, end);
          }
        });
  }

  private static final class Unrestarted extends TdpIter {

    Unrestarted(X86Mmu mmu, KvmMmuPage root, int minLevel, long start, long end) {
      super(mmu, root, minLevel, start, end);
    }

    @Override
    public void next() {
      if (yielded) {
        // missing: tdp_iter_restart()
        yielded = false;
        yieldedGfn = nextLastLevelGfn;
      } else {
        super.next();
      }
    }
  }
}
