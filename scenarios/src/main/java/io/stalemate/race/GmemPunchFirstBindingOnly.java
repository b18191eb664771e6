package io.stalemate.race;

import io.stalemate.linux.kvm.GuestMemfd;
import io.stalemate.linux.kvm.GuestMemfdV68;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.KvmGmem;
import io.stalemate.linux.kvm.KvmMemorySlot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A hole in a guest_memfd takes the translations of the first memslot alone that is bound there. */
final class GmemPunchFirstBindingOnly implements Race {

  @Override
  public Card card() {
    return new Card("gmem-punch-first-binding-only",
        "a hole over the pages of two memslots leaves what the second has mapped",
        Kind.MUTATION,
        "kvm_gmem_invalidate_begin(): every memslot bound to a page of the hole is unmapped, for all the "
        + "pages go",
        List.of("v6.12", "v6.8"),
        List.of("punch-two-slots-vs-fault"),
        "stale-translation");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withGuestMemfd(kvm -> switch (kvm.era) {
      case V6_8 -> new GuestMemfdV68(kvm) {
        @Override
        protected @Nullable KvmMemorySlot nextBound(KvmGmem gmem, long index, long end) {
          // missing: the memslots after the first
          return null;
        }
      };
      case V5_15, V6_2, V6_12 -> new GuestMemfd(kvm) {
        @Override
        protected @Nullable KvmMemorySlot nextBound(KvmGmem gmem, long index, long end) {
          // missing: the memslots after the first
          return null;
        }
      };
    });
  }
}
