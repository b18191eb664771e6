package io.stalemate.race;

import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.x86.DirectPageFault;
import io.stalemate.linux.x86.DirectPageFaultV68;
import io.stalemate.linux.x86.X86Text;
import io.stalemate.linux.x86.X86Vcpu;
import java.util.List;

/** A fault maps into the root it came with although a memslot update has made that invalid. */
final class ObsoleteRootMapped implements Race {

  @Override
  public Card card() {
    return new Card("obsolete-root-mapped",
        "faults do not ask under mmu_lock whether their root went out of use",
        Kind.HISTORICAL,
        "a955cad84cda (v5.17): is_page_fault_stale(); tables below a root that was zapped already are nobody's to free",
        List.of("v6.12", "v6.8"),
        List.of("zap-all-vs-fault"),
        "accounting");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(DirectPageFault.class, mmu -> mmu.kvm.era == Era.V6_8
        ? new DirectPageFaultV68(mmu) {
          @Override
          protected boolean rootIsObsolete(X86Vcpu vcpu) {
            // missing: is_obsolete_root()
            return false;
          }
        }
        : new DirectPageFault(mmu) {
          @Override
          protected boolean rootIsObsolete(X86Vcpu vcpu) {
            // missing: is_obsolete_root()
            return false;
          }
        });
  }
}
