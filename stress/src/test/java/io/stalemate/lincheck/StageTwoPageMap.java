package io.stalemate.lincheck;

/** Specification of {@link StageTwoTable}: what each page's entry is, in the same words, and whether a block has it. */
public class StageTwoPageMap {

  private static final int GFNS = 4;

  private final String[] entries = {"", "", "", ""};
  private final boolean[] blocks = new boolean[GFNS];
  private long copy;

  private boolean mapped(long gfn) {
    return entries[(int) gfn].startsWith("copy");
  }

  private String set(long gfn, String entry) {
    // With its block, if it is part of one.
    drop(gfn);
    entries[(int) gfn] = entry;
    return entry;
  }

  private void drop(long gfn) {
    for (int each : blocks[(int) gfn] ? new int[] {(int) gfn & ~1, (int) gfn | 1} : new int[] {(int) gfn}) {
      entries[each] = "";
      blocks[each] = false;
    }
  }

  private void permit(long gfn, String permissions) {
    if (mapped(gfn)) {
      String entry = entries[(int) gfn];
      entries[(int) gfn] = entry.substring(0, entry.length() - 2) + permissions;
      if (blocks[(int) gfn]) {
        entries[(int) gfn ^ 1] = entries[(int) gfn];
      }
    }
  }

  /** Maps an empty entry. */
  public String load(int thread, long gfn) {
    return entries[(int) gfn].isEmpty() ? set(gfn, "copy " + copy + " ro") : entries[(int) gfn];
  }

  /** Permits stores. */
  public void store(int thread, long gfn) {
    permit(gfn, "rw");
  }

  /** Maps the page alone. */
  public void storeLogged(int thread, long gfn) {
    if (!blocks[(int) gfn] && mapped(gfn)) {
      permit(gfn, "rw");
    } else {
      set(gfn, "copy " + copy + " rw");
    }
  }

  /** Maps both pages of the block, whatever was there. */
  public void collapse(int thread, long gfn) {
    if (!blocks[(int) gfn]) {
      for (int each : new int[] {(int) gfn & ~1, (int) gfn | 1}) {
        entries[each] = "copy " + copy + " ro";
        blocks[each] = true;
      }
    }
  }

  /** Empties every entry. */
  public int move(long to) {
    copy = to;
    return (int) unmapAll();
  }

  /** Empties the entry. */
  public int unmap(long gfn) {
    drop(gfn);
    return 0;
  }

  /** Forbids stores. */
  public int wrprotect(long gfn) {
    permit(gfn, "ro");
    return 0;
  }

  /** Replaces the entry. */
  public int annotate(int thread, long gfn) {
    set(gfn, "note 5");
    return 0;
  }

  /** Replaces the entry. */
  public int setOwner(int thread, long gfn) {
    set(gfn, "owner 1");
    return 0;
  }

  /** Yields the entry. */
  public String getLeaf(long gfn) {
    return entries[(int) gfn];
  }

  /** Does nothing. */
  public void reclaim() {}

  /** Empties every entry. */
  public long unmapAll() {
    for (long gfn = 0; gfn < GFNS; gfn++) {
      drop(gfn);
    }
    return 0;
  }
}
