package io.stalemate.linux.arm64;

import io.stalemate.cpu.StageTwoPte;
import io.stalemate.machine.Word;

/**
 * {@code struct kvm_pgtable_visit_ctx}: one entry that a walk came to.
 *
 * @param ptep the entry
 * @param table frame of the table page the entry lies in, whose reference count counts the entry
 * @param old the entry's value as the walker read it before this call
 * @param addr first byte address of the walk inside this entry
 * @param start first byte address of the whole walk
 * @param end byte address after the walk
 * @param level the entry's level
 * @param flags the walk's flags, see {@link PgtableWalker}
 * @param anchored in a table that a block is replacing ({@code data->anchor} is set and lies above this entry). The
 *     kernel keeps the anchor in the map walk's private data; here the walk hands it down
 */
public record PgtableVisit(
    Word ptep, long table, long old, long addr, long start, long end, int level, int flags, boolean anchored) {

  /** {@code kvm_pgtable_walk_shared()}. */
  boolean shared() {
    return (flags & PgtableWalker.SHARED) != 0;
  }

  /** {@code kvm_pgtable_walk_skip_bbm_tlbi()}. */
  boolean skipBbmTlbi() {
    return (flags & PgtableWalker.SKIP_BBM_TLBI) != 0;
  }

  /** Whether the value read before was a table. */
  boolean oldTable() {
    return StageTwoPte.table(old, level);
  }

  /** {@code stage2_pte_is_counted()} of the value read before: every entry that is not empty holds a reference. */
  boolean oldCounted() {
    return PgtableWalk.stage2PteIsCounted(old);
  }

  /** The same entry after its value was read again. */
  PgtableVisit reloaded(long pte) {
    return pte == old ? this : new PgtableVisit(ptep, table, pte, addr, start, end, level, flags, anchored);
  }
}
