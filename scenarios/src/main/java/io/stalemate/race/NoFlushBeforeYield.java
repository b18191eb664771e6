package io.stalemate.race;

import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.x86.TdpMmu;
import io.stalemate.linux.x86.TdpMmuV68;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** A walk that gives way does not flush before what it zapped so far, and forgets it. */
final class NoFlushBeforeYield implements Race {

  @Override
  public Card card() {
    return new Card("no-flush-before-yield",
        "a walk lets go of mmu_lock without a flush of what it zapped so far",
        Kind.MUTATION,
        "tdp_mmu_iter_cond_resched(): if (flush) kvm_flush_remote_tlbs(kvm); its caller takes a walk that gave way for "
        + "one that has flushed",
        List.of("v6.12", "v6.8"),
        List.of("unmap-gives-way"),
        "stale-translation");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(TdpMmu.class, mmu -> mmu.kvm.era == Era.V6_8
        ? new TdpMmuV68(mmu) {
          @Override
          protected void flushBeforeYield() {
            // missing: kvm_flush_remote_tlbs(kvm)
          }
        }
        : new TdpMmu(mmu) {
          @Override
          protected void flushBeforeYield() {
            // missing: kvm_flush_remote_tlbs(kvm)
          }
        });
  }
}
