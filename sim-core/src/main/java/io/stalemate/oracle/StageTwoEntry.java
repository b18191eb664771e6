package io.stalemate.oracle;

/**
 * The meaning of a stage-2 descriptor, read off its bits as the Arm ARM gives them (VMSAv8-64 stage 2, 4 KiB granule).
 * Level 3 holds pages, levels above hold tables and blocks.
 */
final class StageTwoEntry {

  static final int LAST_LEVEL = 3;
  static final int PAGE_SHIFT = 12;

  private static final long VALID = 1;
  private static final long TABLE = 1 << 1;
  private static final long WRITE = 1 << 7;
  /** Of an invalid descriptor: break-before-make is under way ({@code KVM_INVALID_PTE_LOCKED}). */
  private static final long LOCKED = 1 << 10;
  private static final long OUTPUT = ((1L << 48) - 1) & -(1L << PAGE_SHIFT);
  private static final long MEMORY_ATTRIBUTES = 0xf << 2;

  private StageTwoEntry() {}

  static boolean valid(long pte) {
    return (pte & VALID) != 0;
  }

  static boolean table(int level, long pte) {
    return valid(pte) && level < LAST_LEVEL && (pte & TABLE) != 0;
  }

  static boolean leaf(int level, long pte) {
    return valid(pte) && !table(level, pte);
  }

  static boolean writable(long pte) {
    return (pte & WRITE) != 0;
  }

  static long pfn(long pte) {
    return (pte & OUTPUT) >>> PAGE_SHIFT;
  }

  /** Whether break-before-make of the entry is under way. */
  static boolean locked(long pte) {
    return !valid(pte) && (pte & LOCKED) != 0;
  }

  /** Whether the table page holds a reference for this entry: anything but empty and locked ones. */
  static boolean counted(long pte) {
    return pte != 0 && !locked(pte);
  }

  /** Whether one may follow the other without break-before-make: only permissions, AF or software bits differ. */
  static boolean sameTranslation(long pte, long other) {
    return ((pte ^ other) & (OUTPUT | TABLE | MEMORY_ATTRIBUTES)) == 0;
  }
}
