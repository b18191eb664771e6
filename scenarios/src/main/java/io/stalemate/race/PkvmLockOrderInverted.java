package io.stalemate.race;

import io.stalemate.linux.arm64.nvhe.MemProtectV612;
import io.stalemate.linux.arm64.nvhe.NvheText;
import io.stalemate.linux.arm64.nvhe.PkvmCall;
import io.stalemate.linux.arm64.nvhe.PkvmComponent;
import io.stalemate.linux.arm64.nvhe.PkvmMemTransition;
import java.util.List;

/** The way home takes the locks the other way round. */
final class PkvmLockOrderInverted implements Race {

  @Override
  public Card card() {
    return new Card("pkvm-lock-order-inverted",
        "the hypervisor returns a page with its own lock taken first",
        Kind.MUTATION,
        "the lock order host_mmu.lock, pkvm_pgd_lock, broken in __pkvm_hyp_donate_host()",
        List.of("v6.12"),
        List.of("pkvm-two-donations", "pkvm-donate-and-return"),
        "lockdep");
  }

  @Override
  public NvheText patch(NvheText text) {
    return text.withMemProtect((m, host, hyp, vm) -> new MemProtectV612(m, host, hyp, vm) {
      @Override
      public int pkvmHypDonateHost(long pfn, long nrPages) {
        this.hyp.lock.lock();
        // the host's lock comes first
        this.host.lock.lock();
        int ret = doDonate(new PkvmMemTransition(PkvmComponent.HYP, PkvmComponent.HOST, pfn, nrPages));
        announce(PkvmCall.HYP_DONATE_HOST, pfn, nrPages, ret);
        this.host.lock.unlock();
        this.hyp.lock.unlock();
        return ret;
      }
    });
  }
}
