package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;

/** How an architecture writes the entries of its second stage of translation, and numbers their levels. */
enum StageTwoFormat {
  /** Descriptors as {@link StageTwoEntry} reads them; level 3 holds pages. */
  ARM64("stage-2") {
    @Override
    boolean table(int level, long pte) {
      return StageTwoEntry.table(level, pte);
    }

    @Override
    boolean leaf(int level, long pte) {
      return StageTwoEntry.leaf(level, pte);
    }

    @Override
    boolean writable(long pte) {
      return StageTwoEntry.writable(pte);
    }

    @Override
    long pfn(long pte) {
      return StageTwoEntry.pfn(pte);
    }

    @Override
    boolean held(long pte) {
      return StageTwoEntry.locked(pte);
    }

    @Override
    boolean counted(long pte) {
      return StageTwoEntry.counted(pte);
    }

    @Override
    int levelsBelow(int level) {
      return StageTwoEntry.LAST_LEVEL - level;
    }
  },

  /**
   * SPTEs of the TDP MMU in EPT's format; level 1 holds pages. KVM's bit says whether an entry is there, not
   * hardware's: one that tracks accesses has no permissions for a while. Neither frozen nor MMIO entries have it.
   */
  X86("TDP") {
    private static final long MMU_PRESENT = 1 << 11;
    private static final long LARGE = 1 << 7;
    private static final long WRITE = 1 << 1;
    private static final long FROZEN = 0x5a0;
    private static final long ADDRESS = ((1L << 52) - 1) & -(1L << StageTwoEntry.PAGE_SHIFT);

    @Override
    boolean table(int level, long pte) {
      return (pte & (MMU_PRESENT | LARGE)) == MMU_PRESENT && level > 1;
    }

    @Override
    boolean leaf(int level, long pte) {
      return (pte & MMU_PRESENT) != 0 && (level == 1 || (pte & LARGE) != 0);
    }

    @Override
    boolean writable(long pte) {
      return (pte & WRITE) != 0;
    }

    @Override
    long pfn(long pte) {
      return (pte & ADDRESS) >>> StageTwoEntry.PAGE_SHIFT;
    }

    @Override
    boolean held(long pte) {
      return pte == FROZEN;
    }

    @Override
    boolean counted(long pte) {
      return false;
    }

    @Override
    int levelsBelow(int level) {
      return level - 1;
    }
  };

  private final String stage;

  StageTwoFormat(String stage) {
    this.stage = stage;
  }

  /** The format of the entries that {@code point} tells of. */
  static StageTwoFormat of(Tracepoint point) {
    return point == Tracepoint.TDP_SET_SPTE ? X86 : ARM64;
  }

  /** What reports call this stage of translation. */
  String stage() {
    return stage;
  }

  /** Whether an entry of {@code level} points to a table. */
  abstract boolean table(int level, long pte);

  /** Whether an entry of {@code level} maps memory. */
  abstract boolean leaf(int level, long pte);

  abstract boolean writable(long pte);

  /** First frame that the entry maps, or the table's. */
  abstract long pfn(long pte);

  /** Whether somebody holds the entry while it is being changed: arm64's LOCKED, x86's FROZEN. */
  abstract boolean held(long pte);

  /** Whether the table page has a reference for this entry. */
  abstract boolean counted(long pte);

  /** Number of levels below {@code level}. */
  abstract int levelsBelow(int level);
}
