package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.MteCopyTagsV515;
import java.util.List;

/** The ioctl writes tags and does not say so. */
final class MteFlagNeverSet implements Race {

  @Override
  public Card card() {
    return new Card("mte-flag-never-set",
        "the ioctl writes tags and does not set PG_mte_tagged",
        Kind.REVIEW,
        "version 9 of the series that added the ioctl (March 2021); as merged (f0376edb1ddc, v5.14) it sets the flag: "
        + "the guest's first fault takes the page for untagged and clears what was written",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("tags-vs-swap-out", "tags-vs-slot-delete"),
        "guest-tags");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withMte(text.mte().withCopyTags(kvm -> new MteCopyTagsV515(kvm) {
      @Override
      protected void markTagged(long pfn) {
        // missing: set_bit(PG_mte_tagged); the rest is v5.15's in every era, as the lock bit cannot be left set
      }
    }));
  }
}
