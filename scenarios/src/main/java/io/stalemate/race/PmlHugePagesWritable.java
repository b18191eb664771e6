package io.stalemate.race;

import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.x86.MmuSlot;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** Huge leafs stay writable when logging with PML begins, and of what they map only the first write is logged. */
final class PmlHugePagesWritable implements Race {

  @Override
  public Card card() {
    return new Card("pml-huge-pages-writable",
        "huge leafs stay writable when logging with PML begins",
        Kind.MUTATION,
        "kvm_mmu_slot_apply_flags(): kvm_mmu_slot_remove_write_access(kvm, new, PG_LEVEL_2M) after "
        + "kvm_mmu_slot_leaf_clear_dirty()",
        List.of("v6.12", "v6.8"),
        List.of("pml-vs-huge-leaf"),
        "dirty-log");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(MmuSlot.class, mmu -> new MmuSlot(mmu) {
      @Override
      protected void writeProtectHugePages(KvmMemorySlot slot) {
        // missing: kvm_mmu_slot_remove_write_access(kvm, new, PG_LEVEL_2M)
      }
    });
  }
}
