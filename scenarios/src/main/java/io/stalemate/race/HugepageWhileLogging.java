package io.stalemate.race;

import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.x86.HugePages;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** A fault maps a huge leaf though the pages of the slot are logged one by one. */
final class HugepageWhileLogging implements Race {

  @Override
  public Card card() {
    return new Card("hugepage-while-logging",
        "A fault in a slot that is logged maps a huge page",
        Kind.MUTATION,
        "kvm_mmu_hugepage_adjust(): nothing huge while the slot is logged, since only the page that faulted "
        + "is noted as dirty",
        List.of("v6.12", "v6.8"),
        List.of("dirty-log-vs-huge-leaf"),
        "dirty-log");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(HugePages.class, mmu -> new HugePages(mmu) {
      @Override
      protected boolean logsPageByPage(KvmMemorySlot slot) {
        return false;
      }
    });
  }
}
