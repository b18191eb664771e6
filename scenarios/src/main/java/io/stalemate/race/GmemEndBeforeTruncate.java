package io.stalemate.race;

import io.stalemate.linux.kvm.GuestMemfd;
import io.stalemate.linux.kvm.GuestMemfdV68;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.KvmGmem;
import java.util.List;

/** The invalidation of a hole in a guest_memfd ends before its pages leave the page cache. */
final class GmemEndBeforeTruncate implements Race {

  @Override
  public Card card() {
    return new Card("gmem-end-before-truncate",
        "the invalidation ends before the pages leave the file",
        Kind.MUTATION,
        "kvm_gmem_punch_hole(): a fault that begins after the end and before the truncation finds the "
        + "page, and nothing sends it back",
        List.of("v6.12", "v6.8"),
        List.of("punch-hole-vs-fault"),
        "stale-translation");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withGuestMemfd(kvm -> switch (kvm.era) {
      case V6_8 -> new GuestMemfdV68(kvm) {
        @Override
        protected void invalidateBegin(KvmGmem gmem, long start, long end) {
          super.invalidateBegin(gmem, start, end);
          // too early: the pages are still in the file
          super.invalidateEnd(gmem, start, end);
        }

        @Override
        protected void invalidateEnd(KvmGmem gmem, long start, long end) {
          // was before
        }
      };
      case V5_15, V6_2, V6_12 -> new GuestMemfd(kvm) {
        @Override
        protected void invalidateBegin(KvmGmem gmem, long start, long end) {
          super.invalidateBegin(gmem, start, end);
          // too early: the pages are still in the file
          super.invalidateEnd(gmem, start, end);
        }

        @Override
        protected void invalidateEnd(KvmGmem gmem, long start, long end) {
          // was before
        }
      };
    });
  }
}
