package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.mm.MteV515;
import java.util.List;

/** Two faults, or a fault and the ioctl, find a page without tags and both initialise them. */
final class MteSanitisedTwice implements Race {

  @Override
  public Card card() {
    return new Card("mte-sanitised-twice",
        "a page's tags are initialised by whoever finds the flag clear, with no lock bit",
        Kind.HISTORICAL,
        "up to v6.1, fixed by d77e59a8fccd (v6.2): with faults beside each other the second clears what the guest of "
        + "the first has stored",
        List.of("v6.12", "v6.2"),
        List.of("tags-write-vs-vcpu"),
        "guest-tags");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    // missing: PG_mte_lock; the test of PG_mte_tagged alone is what v5.15 has
    return text.withMte(text.mte().withHost(MteV515::new));
  }
}
