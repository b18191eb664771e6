package io.stalemate.race;

import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.MemoryRegions;
import java.util.List;

/** The ioctl swaps memslots inside an SRCU section of its own. */
final class SrcuSelfDeadlock implements Race {

  @Override
  public Card card() {
    return new Card("srcu-self-deadlock",
        "a reader of kvm->srcu waits for its own grace period",
        Kind.MUTATION,
        "the rule that nobody who is inside kvm->srcu may wait for it (locking.rst), broken: the "
        + "ioctl looks slots up under srcu and swaps them there",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("fault-vs-slot-delete", "slot-swap-vs-notifier"),
        "progress");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withMemoryRegions(kvm -> new MemoryRegions(kvm) {
      @Override
      protected KvmMemorySlot invalidateMemslot(KvmMemorySlot old) {
        int idx = kvm.srcu.readLock();
        // missing: srcu_read_unlock() before the swap, which waits for all readers
        KvmMemorySlot invalid = super.invalidateMemslot(old);
        kvm.srcu.readUnlock(idx);
        return invalid;
      }
    });
  }
}
