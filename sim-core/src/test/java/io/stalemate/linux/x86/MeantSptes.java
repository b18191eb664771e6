package io.stalemate.linux.x86;

import io.stalemate.cpu.x86.EptGeometry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a TDP root means: leafs by their first gfn. The sequential specification of the TDP MMU. */
final class MeantSptes {

  /** A leaf and its bits; {@code host} and {@code mmu} as in HOST_WRITABLE and MMU_WRITABLE. */
  record Leaf(long gfn, int level, long pfn, boolean write, boolean host, boolean mmu, boolean accessed,
      boolean dirty) {

    Leaf with(boolean nowWrite, boolean nowMmu, boolean nowAccessed, boolean nowDirty) {
      return new Leaf(gfn, level, pfn, nowWrite, host, nowMmu, nowAccessed, nowDirty);
    }
  }

  private final EptGeometry geometry;
  private final boolean adBits;
  private final Map<Long, Leaf> leafs = new TreeMap<>();

  /** Marks that the changes so far owe, as {@link TdpBench#marked}. */
  final List<Long> marks = new ArrayList<>();

  MeantSptes(EptGeometry geometry, boolean adBits) {
    this.geometry = geometry;
    this.adBits = adBits;
  }

  List<Leaf> touching(long start, long end) {
    List<Leaf> found = new ArrayList<>();
    for (Leaf leaf : leafs.values()) {
      if (leaf.gfn < end && start < leaf.gfn + geometry.pages(leaf.level)) {
        found.add(leaf);
      }
    }
    return found;
  }

  @Nullable Leaf at(long gfn) {
    List<Leaf> found = touching(gfn, gfn + 1);
    return found.isEmpty() ? null : found.getFirst();
  }

  /** Puts a leaf; smaller ones below it go, a larger one around it is split. Yields false if it was there as it is. */
  boolean map(Leaf wanted) {
    Leaf old = at(wanted.gfn);
    while (old != null && old.level > wanted.level) {
      split(old);
      old = at(wanted.gfn);
    }
    // In the place of a writable leaf the D bit is hardware's to set.
    boolean wasWritable = old != null && old.level == wanted.level && old.write;
    Leaf leaf = adBits && wasWritable ? wanted.with(wanted.write, wanted.mmu, wanted.accessed, false) : wanted;
    if (leaf.equals(old)) {
      return false;
    }
    if (old != null && old.level == leaf.level) {
      mark(old, leaf);
      leafs.put(leaf.gfn, leaf);
    } else {
      unmap(leaf.gfn, leaf.gfn + geometry.pages(leaf.level));
      leafs.put(leaf.gfn, leaf);
    }
    return true;
  }

  /** Removes all leafs that the range touches, whole; yields whether there were any. */
  boolean unmap(long start, long end) {
    List<Leaf> gone = touching(start, end);
    for (Leaf leaf : gone) {
      mark(leaf, null);
      leafs.remove(leaf.gfn);
    }
    return !gone.isEmpty();
  }

  /** Makes leafs old; yields whether any was young. */
  boolean age(long start, long end) {
    boolean young = false;
    for (Leaf leaf : touching(start, end)) {
      young |= leaf.accessed;
      if (leaf.accessed && adBits) {
        leafs.put(leaf.gfn, leaf.with(leaf.write, leaf.mmu, false, leaf.dirty));
      } else if (leaf.accessed) {
        if (leaf.write) {
          marks.add(leaf.pfn * 2 + 1);
        }
        leafs.put(leaf.gfn, leaf.with(false, leaf.mmu, false, false));
      }
    }
    return young;
  }

  boolean young(long start, long end) {
    return touching(start, end).stream().anyMatch(Leaf::accessed);
  }

  /** Takes write permission; yields whether any leaf changed. */
  boolean wrprot(long start, long end) {
    boolean changed = false;
    for (Leaf leaf : touching(start, end)) {
      if (leaf.write) {
        changed = true;
        Leaf now = leaf.with(false, leaf.mmu, leaf.accessed, adBits && leaf.dirty);
        mark(leaf, now);
        leafs.put(leaf.gfn, now);
      }
    }
    return changed;
  }

  /** Turns all huge leafs into small ones, level by level. */
  void splitAll() {
    for (Leaf leaf : touching(0, geometry.gfns())) {
      if (leaf.level > 1) {
        split(leaf);
      }
    }
    if (leafs.values().stream().anyMatch(leaf -> leaf.level > 1)) {
      splitAll();
    }
  }

  /** One level down. The huge page is marked as if it went: what its small pages did from then on is their own. */
  private void split(Leaf huge) {
    mark(huge, null);
    for (int i = 0; i < geometry.entries(); i++) {
      long offset = i * geometry.pages(huge.level - 1);
      leafs.put(huge.gfn + offset, new Leaf(huge.gfn + offset, huge.level - 1, huge.pfn + offset, huge.write, huge.host,
          huge.mmu, huge.accessed, huge.dirty));
    }
  }

  private void mark(Leaf was, @Nullable Leaf is) {
    if (was.dirty && (is == null || !is.dirty)) {
      marks.add(was.pfn * 2 + 1);
    }
    if (was.accessed && (is == null || !is.accessed)) {
      marks.add(was.pfn * 2);
    }
  }

  /** Tables that the leafs need at least, the root included. */
  int tablesNeeded() {
    Map<Long, Integer> tables = new TreeMap<>();
    for (Leaf leaf : leafs.values()) {
      for (int level = leaf.level; level < geometry.levels(); level++) {
        tables.put(level * 1_000_000L + leaf.gfn / geometry.pages(level + 1), 1);
      }
    }
    return 1 + tables.size();
  }
}
