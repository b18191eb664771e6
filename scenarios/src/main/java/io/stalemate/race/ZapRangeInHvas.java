package io.stalemate.race;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.x86.TdpZap;
import io.stalemate.linux.x86.TdpZapV68;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** kvm_zap_gfn_range() blocks faults of a range in other units than faults are compared in. */
final class ZapRangeInHvas implements Race {

  @Override
  public Card card() {
    return new Card("zap-range-in-hvas",
        "the range that kvm_zap_gfn_range() blocks is in other units than those that faults ask in",
        Kind.HISTORICAL,
        "6d3085e4d89a (v6.1): gfns were given where hvas were compared. Here gfns are compared, so addresses are given",
        List.of("v6.12", "v6.8"),
        List.of("zap-gfn-range-vs-fault"),
        "staleness-protocol");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(TdpZap.class, mmu -> mmu.kvm.era == Era.V6_8
        ? new TdpZapV68(mmu) {
          @Override
          protected void invalidateRangeAdd(long gfnStart, long gfnEnd) {
            super.invalidateRangeAdd(gfnStart << EptGeometry.PAGE_SHIFT, gfnEnd << EptGeometry.PAGE_SHIFT);
          }
        }
        : new TdpZap(mmu) {
          @Override
          protected void invalidateRangeAdd(long gfnStart, long gfnEnd) {
            super.invalidateRangeAdd(gfnStart << EptGeometry.PAGE_SHIFT, gfnEnd << EptGeometry.PAGE_SHIFT);
          }
        });
  }
}
