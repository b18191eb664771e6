package io.stalemate.race;

import io.stalemate.linux.kvm.GuestMemfd;
import io.stalemate.linux.kvm.GuestMemfdV68;
import io.stalemate.linux.kvm.KernelText;
import java.util.List;

/** A page of a guest_memfd is given to the guest as it was left. */
final class GmemFolioNotCleared implements Race {

  @Override
  public Card card() {
    return new Card("gmem-folio-not-cleared",
        "a guest reads what somebody left in a page of a guest_memfd",
        Kind.MUTATION,
        "kvm_gmem_prepare_folio(), and kvm_gmem_get_folio() before: a page that is not up to date is "
        + "cleared before the guest can reach it",
        List.of("v6.12", "v6.8"),
        List.of("punch-hole-vs-fault"),
        "guest-memory");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withGuestMemfd(kvm -> switch (kvm.era) {
      case V6_8 -> new GuestMemfdV68(kvm) {
        @Override
        protected void clear(long pfn) {
          // missing: clear_highpage()
        }
      };
      case V5_15, V6_2, V6_12 -> new GuestMemfd(kvm) {
        @Override
        protected void clear(long pfn) {
          // missing: clear_highpage()
        }
      };
    });
  }
}
