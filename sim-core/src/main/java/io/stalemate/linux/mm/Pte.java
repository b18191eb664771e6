package io.stalemate.linux.mm;

/**
 * The host's page-table entries as words. A present entry names a frame; others are 0 (none), a swap entry or a
 * migration entry. The encoding is the model's own: host page-table formats do not matter here.
 */
public final class Pte {
  /** {@code pte_none()}. */
  public static final long NONE = 0;

  private static final long PRESENT = 1;
  private static final long WRITE = 1 << 1;
  private static final long YOUNG = 1 << 2;
  private static final long SWAP = 1 << 3;
  private static final long MIGRATION = 1 << 4;
  private static final long SPECIAL = 1 << 5;
  // model: PageAnon is kept in the entry, so that rmap need not read the page.
  private static final long ANON = 1 << 6;
  // PTE_ATTRINDX(MT_NORMAL_TAGGED): a mapping with PROT_MTE.
  private static final long TAGGED = 1 << 7;
  private static final int SHIFT_SHIFT = 8;
  private static final long SHIFT_MASK = 0xff;
  private static final int PAYLOAD_SHIFT = 16;

  private Pte() {}

  static long present(long pfn, boolean writable, boolean anon) {
    return (pfn << PAYLOAD_SHIFT) | PRESENT | YOUNG | (writable ? WRITE : 0) | (anon ? ANON : 0);
  }

  /** One frame of a huge mapping of {@code 1 << shift} pages. */
  static long huge(long pfn, boolean writable, int shift) {
    return present(pfn, writable, false) | ((long) shift << SHIFT_SHIFT);
  }

  /** {@code pte_mkspecial()}: a frame of a VM_PFNMAP mapping, which GUP must not touch. */
  static long special(long pfn, boolean writable) {
    return present(pfn, writable, false) | SPECIAL;
  }

  static long swapEntry(long slot) {
    return (slot << PAYLOAD_SHIFT) | SWAP;
  }

  /** {@code make_migration_entry()}: not present; keeps everything else, so that the mapping can be made again. */
  static long migrationEntry(long pte) {
    return (pte & ~PRESENT) | MIGRATION;
  }

  /** The present entry that a migration entry stood for, with {@code pfn} as its frame. */
  static long fromMigrationEntry(long entry, long pfn) {
    return (entry & ((1L << PAYLOAD_SHIFT) - 1) & ~MIGRATION) | PRESENT | (pfn << PAYLOAD_SHIFT);
  }

  static long wrprotect(long pte) {
    return pte & ~WRITE;
  }

  static long mkwrite(long pte) {
    return pte | WRITE | YOUNG;
  }

  /** {@code pte_mktag()} for a mapping with PROT_MTE; else the entry as it is. */
  static long mktag(long pte, boolean mte) {
    return mte ? pte | TAGGED : pte;
  }

  /** {@code pte_tagged()}. */
  static boolean isTagged(long pte) {
    return (pte & TAGGED) != 0;
  }

  static long mkold(long pte) {
    return pte & ~YOUNG;
  }

  static long mkyoung(long pte) {
    return pte | YOUNG;
  }

  public static boolean isPresent(long pte) {
    return (pte & PRESENT) != 0;
  }

  public static boolean isWritable(long pte) {
    return (pte & (PRESENT | WRITE)) == (PRESENT | WRITE);
  }

  static boolean isYoung(long pte) {
    return (pte & YOUNG) != 0;
  }

  static boolean isSpecial(long pte) {
    return (pte & SPECIAL) != 0;
  }

  static boolean isAnon(long pte) {
    return (pte & ANON) != 0;
  }

  public static boolean isSwap(long pte) {
    return (pte & SWAP) != 0;
  }

  public static boolean isMigration(long pte) {
    return (pte & MIGRATION) != 0;
  }

  /** The slot a swap entry names. */
  static long swapSlot(long pte) {
    return pte >>> PAYLOAD_SHIFT;
  }

  /** Pages of the mapping the entry is part of, as a power of two: 0 for a page. */
  public static int shift(long pte) {
    return (int) ((pte >> SHIFT_SHIFT) & SHIFT_MASK);
  }

  /** The frame a present or migration entry names; 0 for any other. */
  public static long pfn(long pte) {
    return (pte & (PRESENT | MIGRATION)) != 0 ? pte >>> PAYLOAD_SHIFT : 0;
  }
}
