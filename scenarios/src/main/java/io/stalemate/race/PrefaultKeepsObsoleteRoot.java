package io.stalemate.race;

import io.stalemate.linux.x86.PreFault;
import io.stalemate.linux.x86.X86Text;
import io.stalemate.linux.x86.X86Vcpu;
import java.util.List;

/** Prefaulting maps into the root that the vCPU has, also one that a memslot update made obsolete. */
final class PrefaultKeepsObsoleteRoot implements Race {

  @Override
  public Card card() {
    return new Card("prefault-keeps-obsolete-root",
        "KVM_PRE_FAULT_MEMORY tries for ever to map into a root that a memslot update made obsolete",
        Kind.HISTORICAL,
        "v6.11 to v6.14, fixed by 20a6cff3b283 (v6.15) for a root that is obsolete when the ioctl begins",
        List.of("v6.12"),
        List.of("prefault-vs-slot-delete"),
        "progress");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(PreFault.class, mmu -> new PreFault(mmu) {
      @Override
      protected int reload(X86Vcpu vcpu) {
        // missing: free the root if it is obsolete; kvm_mmu_reload() only asks whether there is one
        return this.mmu.roots.kvmMmuReload(vcpu);
      }
    });
  }
}
