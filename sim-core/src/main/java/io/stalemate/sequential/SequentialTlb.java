package io.stalemate.sequential;

import io.stalemate.machine.Access;
import io.stalemate.machine.Tlb;
import io.stalemate.machine.Word;
import java.util.Arrays;

/**
 * The TLBs: per CPU a table of as many pages as it has slots, each found by its gfn. A translation of a larger leaf is
 * cached for the page that was asked for, and goes with the leaf. Invalidations are complete at once.
 */
final class SequentialTlb implements Tlb {

  private static final int PAGE_SHIFT = 12;
  private static final int SLOTS = 1 << 10;
  private static final int NO_TAGS = -1;
  private static final long EMPTY = -1;

  private final SequentialPages pages;
  private final Cpu[] cpus;
  private long loaded;
  private int deniedLevel;

  SequentialTlb(SequentialPages pages, int cpuCount) {
    this.pages = pages;
    cpus = new Cpu[cpuCount];
    Arrays.setAll(cpus, cpu -> new Cpu());
  }

  /** One CPU's translations, a column a property; slot {@code gfn % SLOTS}. */
  private static final class Cpu {
    final long[] gfns = new long[SLOTS];
    final long[] pfns = new long[SLOTS];
    final long[] leafStarts = new long[SLOTS];
    final long[] leafEnds = new long[SLOTS];
    final int[] vmids = new int[SLOTS];
    final int[] levels = new int[SLOTS];
    final int[] permissions = new int[SLOTS];
    int cached;
    int cachedOfBlocks;
    long walked;

    Cpu() {
      Arrays.fill(gfns, EMPTY);
    }

    /** Yields the slot that translates {@code gfn}, or -1. */
    int slot(int vmid, long gfn) {
      int slot = (int) gfn & SLOTS - 1;
      return gfns[slot] == gfn && vmids[slot] == vmid ? slot : -1;
    }

    void clear() {
      Arrays.fill(gfns, EMPTY);
      cached = 0;
      cachedOfBlocks = 0;
    }

    void drop(int slot) {
      cached--;
      cachedOfBlocks -= leafEnds[slot] - leafStarts[slot] > 1 ? 1 : 0;
      gfns[slot] = EMPTY;
    }

    /** Drops what {@code vmid} has of leaves of {@code level} that overlap the gfns. */
    void invalidate(int vmid, long gfnStart, long gfnEnd, int level) {
      if (cached == 0) {
        return;
      }
      if (cachedOfBlocks == 0 && gfnEnd - gfnStart < SLOTS) {
        for (long gfn = gfnStart; gfn < gfnEnd; gfn++) {
          dropIf((int) gfn & SLOTS - 1, vmid, gfnStart, gfnEnd, level);
        }
        return;
      }
      for (int slot = 0; slot < SLOTS; slot++) {
        dropIf(slot, vmid, gfnStart, gfnEnd, level);
      }
    }

    private void dropIf(int slot, int vmid, long gfnStart, long gfnEnd, int level) {
      if (gfns[slot] != EMPTY && vmids[slot] == vmid && leafStarts[slot] < gfnEnd && gfnStart < leafEnds[slot]
          && (level == LEVEL_ANY || level == levels[slot])) {
        drop(slot);
      }
    }
  }

  @Override
  public int access(int cpu, int vmid, long gfn, Access access, long value) {
    return access(cpu, vmid, gfn, NO_TAGS, access, value);
  }

  @Override
  public int accessTags(int cpu, int vmid, long gfn, int word, Access access, long value) {
    return access(cpu, vmid, gfn, word, access, value);
  }

  private int access(int cpu, int vmid, long gfn, int tagWord, Access access, long value) {
    Cpu tlb = cpus[cpu];
    int slot = tlb.slot(vmid, gfn);
    if (slot < 0) {
      return MISS;
    }
    if ((tlb.permissions[slot] & needed(access)) == 0) {
      deniedLevel = tlb.levels[slot];
      return DENIED;
    }
    long pfn = tlb.pfns[slot];
    Word word = tagWord == NO_TAGS ? pages.data(pfn) : pages.tags(pfn).at(tagWord);
    if (access == Access.STORE || access == Access.STORE_TAGS) {
      word.write(value);
    } else {
      loaded = word.read();
    }
    return HIT;
  }

  private static int needed(Access access) {
    return switch (access) {
      case LOAD, LOAD_TAGS -> READ;
      case STORE, STORE_TAGS -> WRITE;
      case FETCH -> EXEC;
    };
  }

  @Override
  public long loaded() {
    return loaded;
  }

  @Override
  public int deniedLevel() {
    return deniedLevel;
  }

  @Override
  public void walkBegin(int cpu, int vmid, long gfn) {
    cpus[cpu].walked = gfn;
  }

  @Override
  public boolean fill(int cpu, int vmid, int level, long gfnBase, long count, long pfnBase, int permissions) {
    Cpu tlb = cpus[cpu];
    long gfn = tlb.walked;
    int slot = (int) gfn & SLOTS - 1;
    if (tlb.gfns[slot] != EMPTY) {
      tlb.drop(slot);
    }
    tlb.gfns[slot] = gfn;
    tlb.pfns[slot] = pfnBase + (gfn - gfnBase);
    tlb.leafStarts[slot] = gfnBase;
    tlb.leafEnds[slot] = gfnBase + count;
    tlb.vmids[slot] = vmid;
    tlb.levels[slot] = level;
    tlb.permissions[slot] = permissions;
    tlb.cached++;
    tlb.cachedOfBlocks += count > 1 ? 1 : 0;
    return true;
  }

  @Override
  public boolean walkFault(int cpu, int vmid, long gfn) {
    int slot = cpus[cpu].slot(vmid, gfn);
    if (slot >= 0) {
      cpus[cpu].drop(slot);
    }
    return true;
  }

  @Override
  public void tlbiIpa(int vmid, long ipa, int level) {
    long gfn = ipa >>> PAGE_SHIFT;
    for (Cpu cpu : cpus) {
      cpu.invalidate(vmid, gfn, gfn + 1, level);
    }
  }

  @Override
  public void tlbiIpaLocal(int cpu, int vmid, long ipa, int level) {
    long gfn = ipa >>> PAGE_SHIFT;
    cpus[cpu].invalidate(vmid, gfn, gfn + 1, level);
  }

  @Override
  public void tlbiRange(int vmid, long ipa, long pageCount) {
    long gfn = ipa >>> PAGE_SHIFT;
    for (Cpu cpu : cpus) {
      cpu.invalidate(vmid, gfn, gfn + pageCount, LEVEL_ANY);
    }
  }

  @Override
  public void tlbiVmid(int vmid) {
    for (Cpu cpu : cpus) {
      cpu.invalidate(vmid, 0, Long.MAX_VALUE, LEVEL_ANY);
    }
  }

  @Override
  public void tlbiAll() {
    for (Cpu cpu : cpus) {
      cpu.clear();
    }
  }

  @Override
  public void dsbIshst() {}

  @Override
  public void dsb() {}

  @Override
  public void invept(int cpu, int root) {
    if (root == EVERY_ROOT) {
      cpus[cpu].clear();
    } else {
      cpus[cpu].invalidate(root, 0, Long.MAX_VALUE, LEVEL_ANY);
    }
  }
}
