package io.stalemate.cpu;

import io.stalemate.machine.Tlb;

/**
 * A stage-2 descriptor, with the bit positions of the VMSAv8-64 format (Arm ARM, "stage 2 descriptors") and the
 * software bits as {@code arch/arm64/include/asm/kvm_pgtable.h} uses them. The hardware walk and the kernel's walkers
 * share it.
 *
 * <p>An invalid descriptor belongs to software. Its value 0 is an empty entry; anything else says something: an owner
 * id in bits 9 to 2, a note in bits 63 to 11, or {@link #LOCKED} while a parallel walker is between break and make.
 * The owner id is where v5.15 moved it; as first posted, and up to v5.14, it was in the topmost bits.
 */
public final class StageTwoPte {

  public static final long VALID = 1L;
  /** Set in table and page descriptors, clear in block descriptors. */
  public static final long TYPE_TABLE = 1L << 1;

  /** Memory attributes, bits 5 to 2: write-back cacheable. */
  public static final long MEMATTR_NORMAL = 0xfL << 2;
  /** Memory attributes, bits 5 to 2: Device-nGnRE. */
  public static final long MEMATTR_DEVICE = 0x1L << 2;

  private static final long MEMATTR_MASK = 0xfL << 2;

  public static final long S2AP_R = 1L << 6;
  public static final long S2AP_W = 1L << 7;
  public static final long SH_INNER = 3L << 8;
  /** Access flag. Hardware that finds it clear faults; the modelled CPUs never set it themselves. */
  public static final long AF = 1L << 10;
  public static final long XN = 1L << 54;
  /** Bits 55 to 58: software's, ignored by hardware. */
  public static final long SW_MASK = 0xfL << 55;
  public static final long SW0 = 1L << 55;
  public static final long SW1 = 1L << 56;

  /** What may change in a live leaf without break-before-make, the access flag apart. */
  public static final long PERMISSIONS = S2AP_R | S2AP_W | XN;

  /** Attributes of a leaf, low and high: all but {@link #VALID}, {@link #TYPE_TABLE} and the address. */
  public static final long LEAF_ATTRIBUTES = 0xffcL | (0x3ffL << 54);

  /** Owner id of an invalid descriptor. */
  public static final long OWNER_MASK = 0xffL << 2;
  /** {@code KVM_INVALID_PTE_LOCKED}: an invalid descriptor that one walker is about to replace. */
  public static final long LOCKED = 1L << 10;

  /** Where the note of an invalid descriptor begins: above {@link #VALID}, the owner id and {@link #LOCKED}. */
  private static final int NOTE_SHIFT = 11;
  /** The largest note that an invalid descriptor has room for. */
  public static final long NOTE_MAX = -1L >>> NOTE_SHIFT;

  private static final long ADDRESS_MASK = 0x0000_ffff_ffff_f000L;

  private StageTwoPte() {}

  /** Whether hardware uses the descriptor. */
  public static boolean valid(long pte) {
    return (pte & VALID) != 0;
  }

  /** {@code kvm_pte_table()}: whether a descriptor found at {@code level} points to a table. */
  public static boolean table(long pte, int level) {
    return level != StageTwoGeometry.LAST_LEVEL && valid(pte) && (pte & TYPE_TABLE) != 0;
  }

  /** Whether a descriptor found at {@code level} translates: a valid block or page. */
  public static boolean leaf(long pte, int level) {
    return valid(pte) && !table(pte, level);
  }

  /** Whether the descriptor is the mark of a walker between break and make. */
  public static boolean locked(long pte) {
    return !valid(pte) && (pte & LOCKED) != 0;
  }

  /** {@code kvm_init_invalid_leaf_owner()}: an invalid descriptor that says who owns the page; 0 is the empty entry. */
  public static long ownedBy(int ownerId) {
    return ((long) ownerId << 2) & OWNER_MASK;
  }

  /** Owner id of an invalid descriptor. */
  public static int owner(long pte) {
    return (int) ((pte & OWNER_MASK) >>> 2);
  }

  /** An invalid descriptor that bears {@code note}, 0 to {@link #NOTE_MAX}; 0 is the empty entry. */
  public static long noted(long note) {
    return note << NOTE_SHIFT;
  }

  /** The note of an invalid descriptor; 0 if there is none. */
  public static long note(long pte) {
    return pte >>> NOTE_SHIFT;
  }

  /** {@code stage2_pte_cacheable()}: whether a descriptor maps write-back memory. Of leaves only. */
  public static boolean cacheable(long pte) {
    return valid(pte) && (pte & MEMATTR_MASK) == MEMATTR_NORMAL;
  }

  /** Frame that a valid descriptor points to: the table, or the first frame of the leaf. */
  public static long pfn(long pte) {
    return (pte & ADDRESS_MASK) >>> StageTwoGeometry.PAGE_SHIFT;
  }

  /** {@code kvm_pte_to_phys()}: byte address that a valid descriptor points to. */
  public static long phys(long pte) {
    return pte & ADDRESS_MASK;
  }

  /** A descriptor that points to the table page {@code pfn}. */
  public static long tableOf(long pfn) {
    return ((pfn << StageTwoGeometry.PAGE_SHIFT) & ADDRESS_MASK) | TYPE_TABLE | VALID;
  }

  /** {@code kvm_init_valid_leaf_pte()}: a leaf for {@code level} at byte address {@code phys}. */
  public static long leafOf(long phys, long attributes, int level) {
    long type = level == StageTwoGeometry.LAST_LEVEL ? TYPE_TABLE : 0;
    return (phys & ADDRESS_MASK) | (attributes & LEAF_ATTRIBUTES) | type | VALID;
  }

  /** Yields the leaf's permissions as {@link Tlb}'s bits. */
  public static int permissions(long pte) {
    int readable = (pte & S2AP_R) != 0 ? Tlb.READ : 0;
    int writable = (pte & S2AP_W) != 0 ? Tlb.WRITE : 0;
    int executable = (pte & XN) == 0 ? Tlb.EXEC : 0;
    return readable | writable | executable;
  }
}
