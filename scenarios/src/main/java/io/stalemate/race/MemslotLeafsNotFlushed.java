package io.stalemate.race;

import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.x86.TdpZap;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** The leafs of a memslot that goes are zapped in roots that stay, and vCPUs keep them in their TLBs. */
final class MemslotLeafsNotFlushed implements Race {

  @Override
  public Card card() {
    return new Card("memslot-leafs-not-flushed",
        "the leafs of a memslot that goes are zapped without a flush",
        Kind.MUTATION,
        "kvm_mmu_zap_memslot_leafs() (v6.12): if (kvm_unmap_gfn_range(kvm, &range)) "
        + "kvm_flush_remote_tlbs_memslot(kvm, slot)",
        List.of("v6.12"),
        List.of("slot-leafs-vs-store"),
        "stale-translation");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(TdpZap.class, mmu -> new TdpZap(mmu) {
      @Override
      protected void flushMemslot(KvmMemorySlot slot) {
        // missing: kvm_flush_remote_tlbs_memslot(kvm, slot)
      }
    });
  }
}
