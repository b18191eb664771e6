package io.stalemate.race;

import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.x86.KvmMmuPage;
import io.stalemate.linux.x86.Spte;
import io.stalemate.linux.x86.TdpIter;
import io.stalemate.linux.x86.TdpRoots;
import io.stalemate.linux.x86.TdpRootsV68;
import io.stalemate.linux.x86.X86Mmu;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** A memslot update leaves invalid roots to whoever puts their last reference. */
final class InvalidRootsLeft implements Race {

  @Override
  public Card card() {
    return new Card("invalid-roots-left",
        "kvm_mmu_zap_all_fast() does not zap the roots that it made invalid",
        Kind.HISTORICAL,
        "22b94c4b63eb (v5.18), edbdb43fc96b (v6.4), 0df9dab891ff (v6.6): zapped after the memslot went, when notifiers "
        + "no longer find its gfns",
        List.of("v6.12", "v6.8"),
        List.of("zap-all-vs-fault"),
        "stale-translation");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(TdpRoots.class, mmu -> mmu.kvm.era == Era.V6_8
        ? new TdpRootsV68(mmu) {
          @Override
          protected void zapInvalidatedRoot(KvmMmuPage root) {}

          @Override
          protected void freeRoot(KvmMmuPage root) {
            zapLate(mmu, root);
            super.freeRoot(root);
          }
        }
        : new TdpRoots(mmu) {
          @Override
          protected void zapInvalidatedRoot(KvmMmuPage root) {}

          @Override
          protected void freeRoot(KvmMmuPage root) {
            zapLate(mmu, root);
            super.freeRoot(root);
          }
        });
  }

  private static void zapLate(X86Mmu mmu, KvmMmuPage root) {
    int top = mmu.geometry.levels();
    mmu.m.rcu().readLock();
    for (TdpIter iter = mmu.tdpMmu.iter(root, top, 0, mmu.geometry.gfns()); iter.valid; iter.next()) {
      if (Spte.shadowPresent(iter.oldSpte)) {
        mmu.tdpMmu.setSpteAtomic(iter, Spte.NONPRESENT);
      }
    }
    mmu.m.rcu().readUnlock();
  }
}
