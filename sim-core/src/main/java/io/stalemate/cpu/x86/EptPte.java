package io.stalemate.cpu.x86;

import io.stalemate.machine.Tlb;

/**
 * An EPT entry, with the bit positions of the Intel SDM (volume 3, "EPT Translation Mechanism"). Software's bits, which
 * hardware ignores, are the kernel's: see {@code linux.x86.Spte}.
 */
public final class EptPte {

  public static final long READ = 1L;
  public static final long WRITE = 1L << 1;
  public static final long EXEC = 1L << 2;
  /** Permissions; an entry with none of them is not present. */
  public static final long RWX = READ | WRITE | EXEC;
  /** Memory type, bits 5 to 3: write-back. */
  public static final long MEMORY_TYPE_WB = 6L << 3;
  /** Ignore the guest's PAT. */
  public static final long IGNORE_PAT = 1L << 6;
  /** The entry of a level above 1 is a leaf. */
  public static final long LARGE = 1L << 7;
  public static final long ACCESSED = 1L << 8;
  public static final long DIRTY = 1L << 9;

  private static final long ADDRESS_MASK = 0x000f_ffff_ffff_f000L;

  private EptPte() {}

  /** Whether hardware uses the entry. */
  public static boolean present(long pte) {
    return (pte & RWX) != 0;
  }

  /** Whether the entry is one that hardware takes for a misconfiguration: writable but not readable. */
  public static boolean misconfigured(long pte) {
    return (pte & (READ | WRITE)) == WRITE;
  }

  /** Whether a present entry found at {@code level} translates. */
  public static boolean leaf(long pte, int level) {
    return level == EptGeometry.LEVEL_4K || (pte & LARGE) != 0;
  }

  /** Frame that a present entry points to: the table, or the first frame of the leaf. */
  public static long pfn(long pte) {
    return (pte & ADDRESS_MASK) >>> EptGeometry.PAGE_SHIFT;
  }

  /** The address bits of an entry that points to frame {@code pfn}. */
  public static long address(long pfn) {
    return pfn << EptGeometry.PAGE_SHIFT & ADDRESS_MASK;
  }

  /** Yields the leaf's permissions as {@link Tlb}'s bits. */
  public static int permissions(long pte) {
    int readable = (pte & READ) != 0 ? Tlb.READ : 0;
    int writable = (pte & WRITE) != 0 ? Tlb.WRITE : 0;
    int executable = (pte & EXEC) != 0 ? Tlb.EXEC : 0;
    return readable | writable | executable;
  }
}
