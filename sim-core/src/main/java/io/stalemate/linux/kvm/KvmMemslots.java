package io.stalemate.linux.kvm;

import io.stalemate.machine.Word;
import java.util.List;
import java.util.Optional;

/**
 * {@code struct kvm_memslots}: one set of slots. The slots are fixed when the set is made and sorted by gfn; only the
 * generation changes. model: the kernel edits two sets in turn; here every update makes a new set.
 */
public final class KvmMemslots {
  /** {@code KVM_MEMSLOT_GEN_UPDATE_IN_PROGRESS}: bit 63 of a generation. */
  public static final long GEN_UPDATE_IN_PROGRESS = 1L << 63;

  private final int index;
  private final List<KvmMemorySlot> slots;
  private final Word generation;

  KvmMemslots(int index, List<KvmMemorySlot> slots, Word generation) {
    this.index = index;
    this.slots = List.copyOf(slots);
    this.generation = generation;
  }

  /** What the VM's memslots pointer holds while this set is the active one. */
  int index() {
    return index;
  }

  /** The slots, in order of their gfns. */
  public List<KvmMemorySlot> slots() {
    return slots;
  }

  /** {@code slots->generation}: written by the updater while readers look. */
  public Word generation() {
    return generation;
  }

  /** {@code search_memslots()}: the slot around {@code gfn}. */
  Optional<KvmMemorySlot> search(long gfn) {
    for (KvmMemorySlot slot : slots) {
      if (slot.contains(gfn)) {
        return Optional.of(slot);
      }
    }
    return Optional.empty();
  }

  /** {@code id_to_memslot()}. */
  Optional<KvmMemorySlot> byId(int id) {
    for (KvmMemorySlot slot : slots) {
      if (slot.id() == id) {
        return Optional.of(slot);
      }
    }
    return Optional.empty();
  }
}
