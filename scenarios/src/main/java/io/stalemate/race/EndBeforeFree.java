package io.stalemate.race;

import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.MmuNotifier;
import java.util.List;

/** An invalidation ends as soon as its range is zapped; the host frees the page afterwards. */
final class EndBeforeFree implements Race {

  @Override
  public Card card() {
    return new Card("end-before-free",
        "mmu_invalidate_seq is raised when the range is zapped, before the host gives the page up",
        Kind.MUTATION,
        "the pairing of the invalidation contract, broken: end belongs after the host changed its "
        + "tables",
        List.of("v6.12"),
        List.of("fault-vs-invalidate", "fault-vs-migration"),
        "stale-translation");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withMmuNotifier(kvm -> new MmuNotifier(kvm) {
      @Override
      protected boolean unmapGfnRange(long gfnStart, long gfnEnd, boolean mayBlock) {
        boolean flush = super.unmapGfnRange(gfnStart, gfnEnd, mayBlock);
        kvm.mmuInvalidation.end();
        return flush;
      }

      @Override
      public void invalidateRangeEnd(long hvaStart, long hvaEnd) {
        // missing: kvm_mmu_invalidate_end() here, and not above
        activeEnd();
      }
    });
  }
}
