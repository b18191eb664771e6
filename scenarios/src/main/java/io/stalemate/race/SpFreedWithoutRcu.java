package io.stalemate.race;

import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.x86.KvmMmuPage;
import io.stalemate.linux.x86.TdpMmu;
import io.stalemate.linux.x86.TdpMmuV68;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** A table that was unlinked is freed at once. */
final class SpFreedWithoutRcu implements Race {

  @Override
  public Card card() {
    return new Card("sp-freed-without-rcu",
        "an unlinked table is freed without waiting for those who walk it",
        Kind.MUTATION,
        "tdp_mmu_free_sp_rcu_callback(): walkers that share mmu_lock, or do without it, hold rcu alone",
        List.of("v6.12", "v6.8"),
        List.of("collapse-vs-fault"),
        "accounting");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(TdpMmu.class, mmu -> mmu.kvm.era == Era.V6_8
        ? new TdpMmuV68(mmu) {
          @Override
          protected void freeSpRcu(KvmMmuPage sp) {
            // missing: call_rcu()
            freeSp(sp);
          }
        }
        : new TdpMmu(mmu) {
          @Override
          protected void freeSpRcu(KvmMmuPage sp) {
            // missing: call_rcu()
            freeSp(sp);
          }
        });
  }
}
