package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.MteCopyTags;
import io.stalemate.linux.arm64.MteCopyTagsV515;
import io.stalemate.linux.arm64.MteCopyTagsV62;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import java.util.List;
import java.util.Optional;

/** The ioctl looks memslots up with neither slots_lock nor kvm->srcu. */
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
    return text.withMte(text.mte().withCopyTags(kvm -> switch (kvm.era) {
      case V5_15 -> new MteCopyTagsV515(kvm) {
        @Override
        protected void lockSlots() {
          // missing: mutex_lock(&kvm->slots_lock)
        }

        @Override
        protected void unlockSlots() {}

        @Override
        protected Optional<KvmMemorySlot> gfnToMemslot(long gfn) {
          return unprotected(kvm, gfn);
        }
      };
      case V6_2 -> new MteCopyTagsV62(kvm) {
        @Override
        protected void lockSlots() {
          // missing: mutex_lock(&kvm->slots_lock)
        }

        @Override
        protected void unlockSlots() {}

        @Override
        protected Optional<KvmMemorySlot> gfnToMemslot(long gfn) {
          return unprotected(kvm, gfn);
        }
      };
      case V6_12 -> new MteCopyTags(kvm) {
        @Override
        protected void lockSlots() {
          // missing: mutex_lock(&kvm->slots_lock)
        }

        @Override
        protected void unlockSlots() {}

        @Override
        protected Optional<KvmMemorySlot> gfnToMemslot(long gfn) {
          return unprotected(kvm, gfn);
        }
      };
    }));
  }

  /** The lookup that asks for srcu, as lockdep says; the series' author had turned lockdep off. */
  private static Optional<KvmMemorySlot> unprotected(Kvm kvm, long gfn) {
    return kvm.memslots.gfnToMemslot(gfn);
  }
}
