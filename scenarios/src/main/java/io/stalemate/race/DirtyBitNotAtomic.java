package io.stalemate.race;

import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.Memslots;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;
import java.util.List;

/** Dirty bits are set as if mmu_lock kept the faults of other vCPUs out. */
final class DirtyBitNotAtomic implements Race {

  @Override
  public Card card() {
    return new Card("dirty-bit-not-atomic",
        "two faults set dirty bits of one word with plain loads and stores",
        Kind.GUARD,
        "set_bit_le() in mark_page_dirty_in_slot() made __set_bit_le(), which was enough while faults held mmu_lock "
        + "for writing",
        List.of("v6.12", "v6.2"),
        List.of("two-vcpus-split-one-block"),
        "data-race");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withMemslots(kvm -> new Memslots(kvm) {
      @Override
      protected void setDirtyBit(KvmMemorySlot slot, long relGfn) {
        WordArray bitmap = slot.dirtyBitmap();
        if (bitmap != null) {
          Word word = bitmap.at((int) (relGfn / Long.SIZE));
          word.write(word.read() | 1L << relGfn % Long.SIZE);
          this.m.trace(Tracepoint.DIRTY_SET, slot.id(), relGfn, 1, 0);
        }
      }
    });
  }
}
