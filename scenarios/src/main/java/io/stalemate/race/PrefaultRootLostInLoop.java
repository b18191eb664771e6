package io.stalemate.race;

import io.stalemate.linux.x86.PreFault;
import io.stalemate.linux.x86.X86Text;
import io.stalemate.linux.x86.X86Vcpu;
import java.util.List;

/** Prefaulting looks at its root once for each page, not for each attempt. */
final class PrefaultRootLostInLoop implements Race {

  @Override
  public Card card() {
    return new Card("prefault-root-lost-in-loop",
        "KVM_PRE_FAULT_MEMORY does not look at its root again between two attempts at a page",
        Kind.REVIEW,
        "kvm_tdp_map_page() of v6.11 and later: a root that becomes obsolete inside the loop ends it only by a signal; "
        + "the message of 3ccbf6f47098 says what handling it would take",
        List.of("v6.12"),
        List.of("prefault-vs-slot-delete"),
        "progress");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(PreFault.class, mmu -> new PreFault(mmu) {
      @Override
      protected int beforeRetry(X86Vcpu vcpu) {
        // missing: a root that is not obsolete
        return 0;
      }
    });
  }
}
