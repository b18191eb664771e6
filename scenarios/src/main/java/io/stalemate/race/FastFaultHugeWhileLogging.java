package io.stalemate.race;

import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.x86.FastPageFault;
import io.stalemate.linux.x86.X86Text;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The fast path makes a huge leaf writable though its pages are logged one by one. */
final class FastFaultHugeWhileLogging implements Race {

  @Override
  public Card card() {
    return new Card("fast-fault-huge-while-logging",
        "The fast page fault makes a huge leaf of a logged slot writable",
        Kind.MUTATION,
        "fast_page_fault(): a huge leaf keeps its write protection while the slot is logged, since only the page that "
        + "faulted is noted as dirty",
        List.of("v6.12", "v6.8"),
        List.of("dirty-log-vs-huge-leaf"),
        "dirty-log");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(FastPageFault.class, mmu -> new FastPageFault(mmu) {
      @Override
      protected boolean keepsHugeLeafReadOnly(@Nullable KvmMemorySlot slot) {
        return false;
      }
    });
  }
}
