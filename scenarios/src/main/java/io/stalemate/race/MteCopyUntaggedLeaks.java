package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.MteCopyTags;
import io.stalemate.linux.arm64.MteCopyTagsV62;
import io.stalemate.linux.arm64.UserTags;
import java.util.List;

/** The ioctl reads tags of a page that has none. */
final class MteCopyUntaggedLeaks implements Race {

  @Override
  public Card card() {
    return new Card("mte-copy-untagged-leaks",
        "the ioctl reads a page's tags without asking whether they are the page's",
        Kind.REVIEW,
        "version 9 of the series that added the ioctl (March 2021); as merged (f0376edb1ddc, v5.14) it yields zeros: a "
        + "VMM reads what a former owner of the frame left there",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("tags-read-vs-vcpu", "tags-read-vs-prot-mte"),
        "guest-tags");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withMte(text.mte().withCopyTags(kvm -> switch (kvm.era) {
      case V5_15, V6_2 -> new MteCopyTagsV62(kvm) {
        @Override
        protected boolean readPage(UserTags user, long gfn, long pfn, int at) {
          // missing: test_bit(PG_mte_tagged)
          return mteCopyTagsToUser(user, gfn, pfn, at) == TAGS_PER_PAGE;
        }
      };
      case V6_8, V6_12 -> new MteCopyTags(kvm) {
        @Override
        protected boolean readPage(UserTags user, long gfn, long pfn, int at) {
          // missing: page_mte_tagged()
          return mteCopyTagsToUser(user, gfn, pfn, at) == TAGS_PER_PAGE;
        }
      };
    }));
  }
}
