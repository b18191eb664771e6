package io.stalemate.cpu;

/**
 * The shape of a stage-2 table: how many levels, and how many address bits each resolves. The last level is always
 * numbered 3, as in the architecture, so the first is {@code 4 - levels}.
 *
 * <p>The real shape is {@link #REAL}. Small ones (two levels of one bit: a VM of four pages whose blocks are two pages)
 * keep every rule of the format and leave an explorer less to explore.
 *
 * @param levels number of levels, 2 to 4
 * @param bits address bits per level, 1 to 9
 */
public record StageTwoGeometry(int levels, int bits) {

  /** The level of pages. */
  public static final int LAST_LEVEL = 3;

  /** Address bits inside a page. */
  public static final int PAGE_SHIFT = 12;

  /** Bytes of a page. */
  public static final long PAGE_SIZE = 1L << PAGE_SHIFT;

  /** 4 KiB granule, 48-bit intermediate physical addresses. */
  public static final StageTwoGeometry REAL = new StageTwoGeometry(4, 9);

  /** Refuses shapes that the format has no room for. */
  public StageTwoGeometry {
    if (levels < 2 || levels > 4) {
      throw new IllegalArgumentException("stage-2 levels: " + levels + "; allowed are 2 to 4");
    }
    if (bits < 1 || bits > 9) {
      throw new IllegalArgumentException("stage-2 bits per level: " + bits + "; allowed are 1 to 9");
    }
  }

  /** The level of the root table. */
  public int firstLevel() {
    return LAST_LEVEL + 1 - levels;
  }

  /** Entries of one table page. */
  public int entries() {
    return 1 << bits;
  }

  /** Bits of an intermediate physical address that tables of this shape translate. */
  public int ipaBits() {
    return PAGE_SHIFT + levels * bits;
  }

  /** Address bits below one entry of {@code level}. */
  public int shift(int level) {
    return PAGE_SHIFT + bits * (LAST_LEVEL - level);
  }

  /** Bytes that one entry of {@code level} covers ({@code kvm_granule_size()}). */
  public long granule(int level) {
    return 1L << shift(level);
  }

  /** Pages that one entry of {@code level} covers. */
  public long pages(int level) {
    return 1L << (bits * (LAST_LEVEL - level));
  }

  /** Where in its table of {@code level} the entry of byte address {@code ipa} lies ({@code kvm_pgtable_idx()}). */
  public int index(long ipa, int level) {
    return (int) (ipa >>> shift(level)) & (entries() - 1);
  }

  /** First byte of the entry of {@code level} that covers {@code ipa}. */
  public long entryStart(long ipa, int level) {
    return ipa & -granule(level);
  }

  /** Byte after the entry of {@code level} that covers {@code ipa}. */
  public long entryEnd(long ipa, int level) {
    return entryStart(ipa, level) + granule(level);
  }
}
