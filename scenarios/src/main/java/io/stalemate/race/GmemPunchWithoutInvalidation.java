package io.stalemate.race;

import io.stalemate.linux.kvm.GuestMemfd;
import io.stalemate.linux.kvm.GuestMemfdV68;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.KvmGmem;
import java.util.List;

/** Pages leave a guest_memfd without an invalidation of the gfns bound to them. */
final class GmemPunchWithoutInvalidation implements Race {

  @Override
  public Card card() {
    return new Card("gmem-punch-without-invalidation",
        "a hole is punched into a guest_memfd while its gfns stay mapped",
        Kind.MUTATION,
        "kvm_gmem_punch_hole(): the invalidation is the only thing between a fault and the pages that "
        + "go, for it holds no lock of the file",
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
          // missing: an invalidation of the gfns
        }

        @Override
        protected void invalidateEnd(KvmGmem gmem, long start, long end) {
          // missing: its end
        }
      };
      case V5_15, V6_2, V6_12 -> new GuestMemfd(kvm) {
        @Override
        protected void invalidateBegin(KvmGmem gmem, long start, long end) {
          // missing: an invalidation of the gfns
        }

        @Override
        protected void invalidateEnd(KvmGmem gmem, long start, long end) {
          // missing: its end
        }
      };
    });
  }
}
