package io.stalemate.linux.arm64;

import io.stalemate.linux.Errno;
import io.stalemate.machine.Tlb;

/** What a stage-2 table means: each gfn belongs to one leaf or none. The sequential specification of the walkers. */
final class PageMap {

  private record Leaf(long gfn, long pages, long pfn, int permissions) {}

  private final Leaf[] leaves;

  PageMap(int gfns) {
    this.leaves = new Leaf[gfns];
  }

  /** Maps one page, or one aligned block of {@code pages}; yields what {@code stage2_map} yields. */
  int map(long gfn, long pages, long pfn, int permissions) {
    Leaf old = leaves[(int) gfn];
    if (old != null && old.gfn == gfn && old.pages == pages && old.pfn == pfn) {
      return -Errno.EAGAIN;
    }
    unmap(gfn, pages);
    Leaf leaf = new Leaf(gfn, pages, pfn, permissions);
    for (long g = gfn; g < gfn + pages; g++) {
      leaves[(int) g] = leaf;
    }
    return 0;
  }

  /** Unmaps every leaf that the range touches, whole. */
  void unmap(long gfn, long pages) {
    for (long g = gfn; g < gfn + pages; g++) {
      replace(leaves[(int) g], null);
    }
  }

  /** Takes write permission from every leaf that the range touches. */
  void wrprotect(long gfn, long pages) {
    for (long g = gfn; g < gfn + pages; g++) {
      permit(leaves[(int) g], Tlb.WRITE, 0);
    }
  }

  /** Gives {@code permissions} to the leaf of {@code gfn}. */
  void relax(long gfn, int permissions) {
    permit(leaves[(int) gfn], 0, permissions);
  }

  private void permit(Leaf leaf, int take, int give) {
    if (leaf != null) {
      replace(leaf, new Leaf(leaf.gfn, leaf.pages, leaf.pfn, leaf.permissions & ~take | give));
    }
  }

  private void replace(Leaf leaf, Leaf by) {
    if (leaf != null) {
      for (long g = leaf.gfn; g < leaf.gfn + leaf.pages; g++) {
        leaves[(int) g] = by;
      }
    }
  }

  /** As {@link Tables#translate}. */
  long translate(long gfn) {
    Leaf leaf = leaves[(int) gfn];
    return leaf == null ? 0 : leaf.pfn + (gfn - leaf.gfn) << 3 | leaf.permissions;
  }
}
