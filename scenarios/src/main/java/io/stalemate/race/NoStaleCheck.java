package io.stalemate.race;

import io.stalemate.linux.x86.DirectPageFault;
import io.stalemate.linux.x86.KvmPageFault;
import io.stalemate.linux.x86.X86Text;
import io.stalemate.linux.x86.X86Vcpu;
import java.util.List;

/** The fault checks for invalidations without mmu_lock alone, and maps. */
final class NoStaleCheck implements Race {

  @Override
  public Card card() {
    return new Card("no-stale-check",
        "x86's faults map without asking is_page_fault_stale() once they hold mmu_lock",
        Kind.MUTATION,
        "the check without mmu_lock that d02c357e5bfa (v6.8) added may be wrong in both directions: it stands in for "
        + "nothing",
        List.of("v6.12"),
        List.of("fault-vs-invalidate"),
        "stale-translation");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(DirectPageFault.class, mmu -> new DirectPageFault(mmu) {
      @Override
      public boolean isPageFaultStale(X86Vcpu vcpu, KvmPageFault fault) {
        // missing: both checks
        return false;
      }
    });
  }
}
