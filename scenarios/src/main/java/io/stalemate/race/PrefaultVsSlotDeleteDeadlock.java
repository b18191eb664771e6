package io.stalemate.race;

import io.stalemate.linux.x86.KvmFaultin;
import io.stalemate.linux.x86.KvmPageFault;
import io.stalemate.linux.x86.RetPf;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** Prefaulting a page whose memslot is being deleted tries again until it is gone, inside its SRCU section. */
final class PrefaultVsSlotDeleteDeadlock implements Race {

  @Override
  public Card card() {
    return new Card("prefault-vs-slot-delete-deadlock",
        "KVM_PRE_FAULT_MEMORY retries on an INVALID memslot in the SRCU section that the deletion waits for",
        Kind.HISTORICAL,
        "v6.11 to v6.17, fixed by 3ccbf6f47098 (v6.18)",
        List.of("v6.12"),
        List.of("prefault-vs-slot-delete"),
        "progress");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(KvmFaultin.class, mmu -> new KvmFaultin(mmu) {
      @Override
      protected int invalidSlot(KvmPageFault fault) {
        // missing: who prefaults gives up
        return RetPf.RETRY;
      }
    });
  }
}
