package io.stalemate.linux.arm64;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.Errno;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a stage-2 table means, without tables: leaves and notes by their first gfn. The specification that the walkers
 * of every era are held against; where an era answers differently, the caller says so.
 */
final class MeantTable {

  /**
   * A leaf, or a note on one page.
   *
   * @param gfn first page
   * @param level of the entry
   * @param pfn first frame; -1 for a note
   * @param prot bits of {@link PgtableProt}
   * @param young whether the access flag is set
   * @param note the invalid entry
   */
  record Entry(long gfn, int level, long pfn, int prot, boolean young, long note) {

    boolean mapped() {
      return pfn >= 0;
    }

    private Entry with(int newProt, boolean newYoung) {
      return new Entry(gfn, level, pfn, newProt, newYoung, note);
    }
  }

  private static final int PERMISSIONS = PgtableProt.RWX;

  private final StageTwoGeometry geometry;
  private final boolean agreementEndsWalk;
  private final TreeMap<Long, Entry> entries = new TreeMap<>();

  /**
   * An empty table.
   *
   * @param agreementEndsWalk whether a map ends where it finds what it would make but for permissions (v5.15); later
   *     walks that serve no fault pass over it
   */
  MeantTable(StageTwoGeometry geometry, boolean agreementEndsWalk) {
    this.geometry = geometry;
    this.agreementEndsWalk = agreementEndsWalk;
  }

  Iterable<Entry> entries() {
    return entries.values();
  }

  /** The entry that covers {@code gfn}, or null. */
  Entry at(long gfn) {
    Map.Entry<Long, Entry> before = entries.floorEntry(gfn);
    return before != null && gfn < end(before.getValue()) ? before.getValue() : null;
  }

  private long end(Entry entry) {
    return entry.gfn + geometry.pages(entry.level);
  }

  private List<Entry> touching(long gfn, long pages) {
    List<Entry> found = new ArrayList<>();
    Entry first = at(gfn);
    if (first != null) {
      found.add(first);
    }
    found.addAll(entries.subMap(gfn, first == null, gfn + pages, false).values());
    return found;
  }

  /** Maps pages with the largest leaves that alignment, size and the table's shape permit. */
  int map(long gfn, long pages, long pfn, int prot, boolean forcePte) {
    for (long at = gfn; at < gfn + pages; ) {
      int level = level(at, gfn + pages, pfn + at - gfn, forcePte);
      Entry made = new Entry(at, level, pfn + at - gfn, prot, true, 0);
      Entry old = entries.get(at);
      if (old != null && old.with(old.prot & ~PERMISSIONS, old.young).equals(made.with(prot & ~PERMISSIONS, true))) {
        if (agreementEndsWalk) {
          return -Errno.EAGAIN;
        }
      } else {
        put(made);
      }
      at = end(made);
    }
    return 0;
  }

  private int level(long gfn, long end, long pfn, boolean forcePte) {
    int level = forcePte ? StageTwoGeometry.LAST_LEVEL : Math.max(1, geometry.firstLevel());
    for (;; level++) {
      long pages = geometry.pages(level);
      if (((gfn | pfn) & pages - 1) == 0 && pages <= end - gfn) {
        return level;
      }
    }
  }

  /** A leaf that is larger goes whole, and so do all smaller ones. */
  private void put(Entry made) {
    touching(made.gfn, geometry.pages(made.level)).forEach(old -> entries.remove(old.gfn));
    entries.put(made.gfn, made);
  }

  /** Leaves {@code note}, an invalid entry or 0, with each page. */
  void note(long gfn, long pages, long note) {
    for (long page = gfn; page < gfn + pages; page++) {
      touching(page, 1).forEach(old -> entries.remove(old.gfn));
      if (note != 0) {
        entries.put(page, new Entry(page, StageTwoGeometry.LAST_LEVEL, -1, 0, false, note));
      }
    }
  }

  /** Empties every entry that the range touches, whole. */
  void unmap(long gfn, long pages) {
    touching(gfn, pages).forEach(old -> entries.remove(old.gfn));
  }

  /** Takes write permission from every leaf that the range touches. */
  void wrprotect(long gfn, long pages) {
    for (Entry old : touching(gfn, pages)) {
      if (old.mapped()) {
        entries.put(old.gfn, old.with(old.prot & ~PgtableProt.W, old.young));
      }
    }
  }

  /** Gives {@code prot} to the leaf of {@code gfn}. */
  void relax(long gfn, int prot) {
    Entry old = at(gfn);
    if (old != null && old.mapped()) {
      entries.put(old.gfn, old.with(old.prot | prot, old.young));
    }
  }

  /** Makes the leaf of {@code gfn} young. */
  void mkyoung(long gfn) {
    Entry old = at(gfn);
    if (old != null && old.mapped()) {
      entries.put(old.gfn, old.with(old.prot, true));
    }
  }

  /** Whether a leaf that the range touches is young; with {@code mkold} none is afterwards. */
  boolean age(long gfn, long pages, boolean mkold) {
    boolean young = false;
    for (Entry old : touching(gfn, pages)) {
      young |= old.young;
      if (mkold && old.mapped()) {
        entries.put(old.gfn, old.with(old.prot, false));
      }
    }
    return young;
  }

  /** Turns the blocks that the range touches into pages, which are young and of normal memory. */
  void split(long gfn, long pages) {
    for (Entry block : touching(gfn, pages)) {
      if (block.mapped() && block.level < StageTwoGeometry.LAST_LEVEL) {
        for (long i = 0; i < geometry.pages(block.level); i++) {
          put(new Entry(block.gfn + i, StageTwoGeometry.LAST_LEVEL, block.pfn + i, block.prot & ~PgtableProt.DEVICE,
              true, 0));
        }
      }
    }
  }
}
