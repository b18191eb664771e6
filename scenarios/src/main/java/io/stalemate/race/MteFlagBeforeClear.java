package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.mm.Mte;
import java.util.List;

/** The flag says that a page's tags are its own while the last owner's are still there. */
final class MteFlagBeforeClear implements Race {

  @Override
  public Card card() {
    return new Card("mte-flag-before-clear",
        "PG_mte_tagged is set before the tags are cleared",
        Kind.HISTORICAL,
        "mte_sync_tags() and mte_restore_tags() up to v6.1, fixed by e059853d14ca (v6.2): whoever reads in between "
        + "trusts the flag and gets a former owner's tags",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("tags-read-vs-vcpu", "tags-read-vs-prot-mte"),
        "guest-tags");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withMte(text.mte().withHost(memMap -> new Mte(memMap) {
      @Override
      public boolean tryPageMteTagging(long pfn) {
        boolean first = !pageMteTagged(pfn);
        if (first) {
          // test_and_set_bit(PG_mte_tagged); missing: the same after the tags were initialised, and not here
          setPageMteTagged(pfn);
        }
        return first;
      }
    }));
  }
}
