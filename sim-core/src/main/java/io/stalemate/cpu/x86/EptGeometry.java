package io.stalemate.cpu.x86;

/**
 * The shape of a nested page table: how many levels, and how many address bits each resolves. Levels are numbered as
 * x86 does: 1 holds pages, {@link #levels} is the root's.
 *
 * @param levels number of levels, 2 to 4
 * @param bits address bits per level, 1 to 9
 */
public record EptGeometry(int levels, int bits) {

  /** {@code PG_LEVEL_4K}. */
  public static final int LEVEL_4K = 1;

  /** Address bits inside a page. */
  public static final int PAGE_SHIFT = 12;

  /** Bytes of a page. */
  public static final long PAGE_SIZE = 1L << PAGE_SHIFT;

  /** Refuses shapes that the format has no room for. */
  public EptGeometry {
    if (levels < 2 || levels > 4) {
      throw new IllegalArgumentException("EPT levels: " + levels + "; allowed are 2 to 4");
    }
    if (bits < 1 || bits > 9) {
      throw new IllegalArgumentException("EPT bits per level: " + bits + "; allowed are 1 to 9");
    }
  }

  /** Entries of one table page. */
  public int entries() {
    return 1 << bits;
  }

  /** Bits of a gfn that tables of this shape translate. */
  public int gfnBits() {
    return levels * bits;
  }

  /** gfns that tables of this shape translate. */
  public long gfns() {
    return 1L << gfnBits();
  }

  /** The largest level that may hold a leaf: the root's cannot, nor can level 4. */
  public int maxHugepageLevel() {
    return Math.min(levels - 1, 3);
  }

  /** {@code KVM_PAGES_PER_HPAGE()}: pages that one entry of {@code level} covers. */
  public long pages(int level) {
    return 1L << bits * (level - 1);
  }

  /** Where in its table of {@code level} the entry of {@code gfn} lies ({@code SPTE_INDEX()}). */
  public int index(long gfn, int level) {
    return (int) (gfn >>> bits * (level - 1)) & (entries() - 1);
  }

  /** {@code gfn_round_for_level()}: first gfn of the entry of {@code level} that covers {@code gfn}. */
  public long roundDown(long gfn, int level) {
    return gfn & -pages(level);
  }
}
