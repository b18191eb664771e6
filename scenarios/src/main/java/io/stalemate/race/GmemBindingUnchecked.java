package io.stalemate.race;

import io.stalemate.linux.kvm.GuestMemfd;
import io.stalemate.linux.kvm.GuestMemfdV68;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.KvmGmem;
import io.stalemate.linux.kvm.KvmMemorySlot;
import java.util.List;

/** Two memslots are bound to one page of a guest_memfd, which knows the second one alone. */
final class GmemBindingUnchecked implements Race {

  @Override
  public Card card() {
    return new Card("gmem-binding-unchecked",
        "a page of a guest_memfd is bound to two memslots",
        Kind.MUTATION,
        "kvm_gmem_bind() refuses pages that are bound, and kvm_gmem_get_pfn() pages bound to another "
        + "memslot: an invalidation reaches the gfns of one binding",
        List.of("v6.12", "v6.8"),
        List.of("gmem-bind-twice"),
        "stale-translation");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withGuestMemfd(kvm -> switch (kvm.era) {
      case V6_8 -> new GuestMemfdV68(kvm) {
        @Override
        protected boolean isUnbound(KvmGmem gmem, long start, long end) {
          // missing: bindings that are there
          return true;
        }

        @Override
        protected boolean isBound(KvmGmem gmem, long index, KvmMemorySlot slot) {
          // missing: whose the binding is
          return true;
        }
      };
      case V5_15, V6_2, V6_12 -> new GuestMemfd(kvm) {
        @Override
        protected boolean isUnbound(KvmGmem gmem, long start, long end) {
          // missing: bindings that are there
          return true;
        }

        @Override
        protected boolean isBound(KvmGmem gmem, long index, KvmMemorySlot slot) {
          // missing: whose the binding is
          return true;
        }
      };
    });
  }
}
