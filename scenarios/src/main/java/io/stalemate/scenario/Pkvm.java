package io.stalemate.scenario;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The machine of a scenario of system {@code pkvm}: pages are frame numbers from {@link #FIRST_PAGE}; what is no memory
 * is MMIO.
 *
 * @param pages number of pages of the machine
 * @param memory sorted and disjoint
 * @param pool pages that the hypervisor has for the host's stage-2 table
 * @param guest the host's page behind each gfn of the guest, as its VMM laid them out
 */
public record Pkvm(int pages, List<Region> memory, int pool, SortedMap<Long, Long> guest) {

  /** The machine's first page. */
  public static final long FIRST_PAGE = 0x100;

  public static final int PAGES_MAX = 3840;
  public static final int POOL_DEFAULT = 16;

  /** A machine of no pages: that of the other systems. */
  public static final Pkvm NONE = new Pkvm(0, List.of(), 1, new TreeMap<>());

  /**
   * Memory.
   *
   * @param page first page
   * @param noMap carved out for others: neither the host's nor the hypervisor's to give away
   */
  public record Region(long page, long pages, boolean noMap) {

    /** Page after the last. */
    public long end() {
      return page + pages;
    }
  }

  public Pkvm {
    memory = List.copyOf(memory);
    guest = Collections.unmodifiableSortedMap(new TreeMap<>(guest));
    Limits.check("pages", pages, 0, PAGES_MAX);
  }

  /** Page after the last. */
  public long end() {
    return FIRST_PAGE + pages;
  }

  /** Whether {@code page} is memory, carve-outs included. */
  public boolean isMemory(long page) {
    return memory.stream().anyMatch(region -> region.page() <= page && page < region.end());
  }

  /**
   * The table pages that an identity map of shape {@code geometry} needs: those that map all memory page by page, and
   * one more if some entry of the root has MMIO alone and no blocks serve there, which is so with four levels.
   */
  public int poolMin(Geometry geometry) {
    int tables = 1;
    for (int level = 1; level < geometry.levels(); level++) {
      tables += tables(geometry.bits() * level);
    }
    int top = 3 * geometry.bits();
    boolean mmioAlone = (end() - 1 >>> top) - (FIRST_PAGE >>> top) + 1 > tables(top);
    return geometry.levels() == 4 && mmioAlone ? tables + 1 : tables;
  }

  /** Number of tables of {@code 1 << shift} pages that have memory. */
  private int tables(int shift) {
    long tables = 0;
    long counted = -1;
    for (Region region : memory) {
      long last = region.end() - 1 >>> shift;
      tables += last + 1 - Math.max(region.page() >>> shift, counted + 1);
      counted = last;
    }
    return Math.toIntExact(tables);
  }

  /** Page after the last that is memory. */
  public long memoryEnd() {
    return memory.isEmpty() ? FIRST_PAGE : memory.getLast().end();
  }
}
