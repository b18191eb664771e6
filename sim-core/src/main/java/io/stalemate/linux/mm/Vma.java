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
 */
public record Vma(long serial, long start, long end, VmaKind kind, int shift, boolean writable) {

  /** No VMA there. */
  public static final Vma NONE = new Vma(0, 0, 0, VmaKind.NONE, 0, false);

  /** Whether there is a VMA. */
  public boolean exists() {
    return kind != VmaKind.NONE;
  }
}
