package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.MteCopyTagsV9;
import java.util.List;

/** The ioctl as it was reviewed: memslots looked up with neither slots_lock nor kvm->srcu, among other things. */
final class MteCopyWithoutSlotsLock implements Race {

  @Override
  public Card card() {
    return new Card("mte-copy-without-slots-lock",
        "tags are copied with neither slots_lock nor kvm->srcu held",
        Kind.REVIEW,
        "version 9 of the series that added the ioctl, found in review (March 2021) and merged with slots_lock as "
        + "f0376edb1ddc (v5.14): a memslot goes away under the copy",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("tags-vs-slot-delete"),
        "lockdep");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withMte(text.mte().withCopyTags(MteCopyTagsV9::new));
  }
}
