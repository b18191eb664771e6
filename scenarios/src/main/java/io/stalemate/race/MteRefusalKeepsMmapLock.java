package io.stalemate.race;

import io.stalemate.linux.Errno;
import io.stalemate.linux.arm64.Arm64Mmu;
import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.kvm.MemslotChange;
import java.util.List;

/** A memslot is refused for its memory, and the ioctl returns with mmap_lock held. */
final class MteRefusalKeepsMmapLock implements Race {

  @Override
  public Card card() {
    return new Card("mte-refusal-keeps-mmap-lock",
        "mmap_lock stays held after a memslot on shared memory was refused to a VM with tags",
        Kind.HISTORICAL,
        "in v5.14, fixed by 6e6a8ef088e1 (v5.15): the check returned out of the loop over VMAs; the next mmap() of the "
        + "process hangs",
        List.of("v5.15"),
        List.of("tags-slot-on-shared-memory"),
        "lockdep");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withArm64Mmu((kvm, mmu, userMemAbort) -> new Arm64Mmu(kvm, mmu, userMemAbort) {
      @Override
      public int prepareMemoryRegion(MemslotChange change) {
        int ret = super.prepareMemoryRegion(change);
        if (ret == -Errno.EINVAL) {
          // missing: mmap_read_unlock(); here the lock is taken once more, as the step above has let go of it
          kvm.mm.mmapLock.downRead();
        }
        return ret;
      }
    });
  }
}
