package io.stalemate.race;

import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.x86.PageTrack;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** Tracking a page does not keep huge leafs away from it. */
final class TrackKeepsHugepages implements Race {

  @Override
  public Card card() {
    return new Card("track-keeps-hugepages",
        "A gfn is write-tracked, and a huge leaf may still come over it",
        Kind.MUTATION,
        "__kvm_write_track_add_gfn(): kvm_mmu_gfn_disallow_lpage(); a fault on a page beside the tracked one "
        + "asks about its own gfn alone",
        List.of("v6.12", "v6.8"),
        List.of("write-track-vs-huge-fault"),
        "write-tracking");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(PageTrack.class, mmu -> new PageTrack(mmu) {
      @Override
      protected void updateDisallowLpage(KvmMemorySlot slot, long gfn, int count) {}
    });
  }
}
