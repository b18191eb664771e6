package io.stalemate.race;

import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.x86.KvmFaultin;
import io.stalemate.linux.x86.KvmPageFault;
import io.stalemate.linux.x86.X86Text;
import io.stalemate.linux.x86.X86Vcpu;
import java.util.List;

/** A fault of the wrong kind waits for its memslot to go, which settles nothing. */
final class SlotBeforeKind implements Race {

  @Override
  public Card card() {
    return new Card("slot-before-kind",
        "a fault looks at its memslot before it compares private with the gfn's attribute",
        Kind.MUTATION,
        "the order of v6.8 in the text of v6.12, which compares the kinds before anything a memslot could say (v6.11)",
        List.of("v6.12"),
        List.of("snp-store-vs-slot-delete"),
        "conformance");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(KvmFaultin.class, mmu -> new KvmFaultin(mmu) {
      @Override
      public int kvmFaultinPfn(X86Vcpu vcpu, KvmPageFault fault, int access) {
        KvmMemorySlot slot = fault.slot;
        if (slot != null && slot.isInvalid()) {
          // wrong order
          return invalidSlot(fault);
        }
        return super.kvmFaultinPfn(vcpu, fault, access);
      }
    });
  }
}
