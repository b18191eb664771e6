package io.stalemate.race;

import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.x86.Emulate;
import io.stalemate.linux.x86.X86Text;
import io.stalemate.linux.x86.X86Vcpu;
import java.util.List;

/** What KVM stores for a guest is in no log: no leaf is written through, and nobody else notes it. */
final class EmulatedStoreNotLogged implements Race {

  @Override
  public Card card() {
    return new Card("emulated-store-not-logged",
        "a store that KVM emulates in guest memory is not noted in the dirty log",
        Kind.MUTATION,
        "__kvm_write_guest_page() without mark_page_dirty_in_slot()",
        List.of("v6.8", "v6.12"),
        List.of("write-track-vs-dirty-log"),
        "dirty-log");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(Emulate.class, mmu -> new Emulate(mmu) {
      @Override
      protected void markDirty(X86Vcpu vcpu, KvmMemorySlot slot, long gfn) {
        // missing: the bit
      }
    });
  }
}
