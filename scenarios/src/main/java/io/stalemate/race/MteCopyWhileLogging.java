package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.MteCopyTagsV62;
import java.util.List;

/** The ioctl writes tags while dirty pages are logged. */
final class MteCopyWhileLogging implements Race {

  @Override
  public Card card() {
    return new Card("mte-copy-while-logging",
        "tags are written to the guest while dirty pages are logged, and the log does not tell",
        Kind.HISTORICAL,
        "from v5.14 to v6.11, fixed by e0b7de4fd18c (v6.12), which refuses: a migration has sent the page and is not "
        + "told to send it again",
        List.of("v6.12"),
        List.of("tags-write-vs-dirty-log"),
        "guest-tags");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    // missing: the look at nr_memslots_dirty_logging
    return text.withMte(text.mte().withCopyTags(MteCopyTagsV62::new));
  }
}
