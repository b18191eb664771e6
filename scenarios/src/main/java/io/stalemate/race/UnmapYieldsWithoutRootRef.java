package io.stalemate.race;

import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.x86.KvmMmuPage;
import io.stalemate.linux.x86.TdpZap;
import io.stalemate.linux.x86.TdpZapV68;
import io.stalemate.linux.x86.X86Text;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A notifier walks the roots without a reference to the one it is at, and lets go of mmu_lock in between. */
final class UnmapYieldsWithoutRootRef implements Race {

  @Override
  public Card card() {
    return new Card("unmap-yields-without-root-ref",
        "the unmap of a notifier takes no reference to the root that it walks",
        Kind.MUTATION,
        "for_each_tdp_mmu_root_yield_safe(): whoever lets go of mmu_lock keeps the root alive by a reference",
        List.of("v6.12", "v6.8"),
        List.of("zap-all-vs-unmap"),
        "accounting");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(TdpZap.class, mmu -> mmu.kvm.era == Era.V6_8
        ? new TdpZapV68(mmu) {
          @Override
          protected @Nullable KvmMmuPage nextToUnmap(@Nullable KvmMmuPage previous) {
            // missing: kvm_tdp_mmu_get_root()
            return mmu.roots.nextLocked(previous);
          }
        }
        : new TdpZap(mmu) {
          @Override
          protected @Nullable KvmMmuPage nextToUnmap(@Nullable KvmMmuPage previous) {
            // missing: kvm_tdp_mmu_get_root()
            return mmu.roots.nextLocked(previous);
          }
        });
  }
}
