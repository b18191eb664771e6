package io.stalemate.race;

import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.x86.KvmMmuPage;
import io.stalemate.linux.x86.TdpZap;
import io.stalemate.linux.x86.TdpZapV68;
import io.stalemate.linux.x86.X86Text;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A notifier passes over roots that went out of use, though they still map the page. */
final class UnmapSkipsInvalidRoots implements Race {

  @Override
  public Card card() {
    return new Card("unmap-skips-invalid-roots",
        "the unmap of a notifier looks at valid roots alone",
        Kind.HISTORICAL,
        "d62007edf01f (v5.18): a root that is being zapped still has leafs, whose pages are marked when they go",
        List.of("v6.12", "v6.8"),
        List.of("zap-all-vs-unmap"),
        "stale-translation");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(TdpZap.class, mmu -> mmu.kvm.era == Era.V6_8
        ? new TdpZapV68(mmu) {
          @Override
          protected @Nullable KvmMmuPage nextToUnmap(@Nullable KvmMmuPage previous) {
            // missing: invalid roots
            return mmu.roots.next(previous, true);
          }
        }
        : new TdpZap(mmu) {
          @Override
          protected @Nullable KvmMmuPage nextToUnmap(@Nullable KvmMmuPage previous) {
            // missing: invalid roots
            return mmu.roots.next(previous, true);
          }
        });
  }
}
