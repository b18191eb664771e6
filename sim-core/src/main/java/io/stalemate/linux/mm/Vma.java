package io.stalemate.linux.mm;

/**
 * {@code struct vm_area_struct}, immutable: a change makes a new one with a new serial.
 *
 * @param serial names this VMA among all that ever were; 0 for {@link #NONE}
 * @param start first hva page
 * @param end hva page past the last
 * @param kind what it maps
 * @param shift pages of one mapping unit as a power of two: 0 except for {@link VmaKind#HUGETLB}
 * @param writable {@code VM_WRITE}
 * @param mte {@code VM_MTE}: mapped with PROT_MTE
 */
public record Vma(long serial, long start, long end, VmaKind kind, int shift, boolean writable, boolean mte) {

  /** No VMA there. */
  public static final Vma NONE = new Vma(0, 0, 0, VmaKind.NONE, 0, false);

  /** A VMA without PROT_MTE. */
  public Vma(long serial, long start, long end, VmaKind kind, int shift, boolean writable) {
    this(serial, start, end, kind, shift, writable, false);
  }

  /** {@code VM_SHARED}. */
  public boolean shared() {
    return kind == VmaKind.SHARED;
  }

  /** {@code VM_MTE_ALLOWED}: memory that has tags. hugetlbfs has them from v6.13 on, a driver's frames never. */
  public boolean mteAllowed() {
    return kind == VmaKind.ANON || kind == VmaKind.SHARED;
  }

  /** Whether there is a VMA. */
  public boolean exists() {
    return kind != VmaKind.NONE;
  }
}
