package io.stalemate.race;

import io.stalemate.linux.x86.FastPageFault;
import io.stalemate.linux.x86.KvmPageFault;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** The fast path answers for a page of the other kind: it permits the access, and the guest faults for ever. */
final class FastFaultOtherKind implements Race {

  @Override
  public Card card() {
    return new Card("fast-fault-other-kind",
        "the fast path takes a fault of the wrong kind for one that lacks a permission",
        Kind.GUARD,
        "page_fault_can_be_fast() leaves out faults whose kind is not that of the gfn's attribute (v6.11)",
        List.of("v6.12"),
        List.of("snp-convert"),
        "progress");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(FastPageFault.class, mmu -> new FastPageFault(mmu) {
      @Override
      protected boolean isOfOtherKind(KvmPageFault fault) {
        // missing: the comparison
        return false;
      }
    });
  }
}
