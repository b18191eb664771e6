package io.stalemate.linux.arm64;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.machine.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * TLB maintenance that watches break-before-make: a translation that went must be invalidated before another takes its
 * entry, and before the operation that removed it ends (Arm ARM, "TLB maintenance requirements").
 */
final class BreakWatch extends KvmTlb {

  private static final int LEVELS = 4;

  private final StageTwoGeometry geometry;
  private final Map<Long, Long> broken = new TreeMap<>();
  private final List<String> violations = new ArrayList<>();
  private int invalidations;

  BreakWatch(Machine m, boolean tlbRange, StageTwoGeometry geometry) {
    super(m, tlbRange);
    this.geometry = geometry;
  }

  /** What was done against the rule. */
  List<String> violations() {
    return violations;
  }

  /** Invalidations so far. */
  int invalidations() {
    return invalidations;
  }

  /** The entry of {@code level} at {@code gfn} changed. */
  void entryChanged(long gfn, int level, long old, long pte) {
    long entry = gfn * LEVELS + level;
    if (StageTwoPte.valid(old) && StageTwoPte.valid(pte) && !sameTranslation(old, pte, level)) {
      violations.add(say(entry) + " changes while it is live");
    } else if (!StageTwoPte.valid(old) && StageTwoPte.valid(pte) && broken.containsKey(entry)) {
      violations.add(say(entry) + " is made before the old translation was invalidated");
    } else if (StageTwoPte.valid(old) && !StageTwoPte.valid(pte)) {
      broken.put(entry, old);
    }
  }

  /** An operation ends: nothing may be left to invalidate. */
  void operationEnds() {
    broken.keySet().forEach(entry -> violations.add(say(entry) + " is left in the TLBs"));
    broken.clear();
  }

  private static boolean sameTranslation(long old, long pte, int level) {
    return StageTwoPte.phys(old) == StageTwoPte.phys(pte)
        && StageTwoPte.table(old, level) == StageTwoPte.table(pte, level)
        && StageTwoPte.cacheable(old) == StageTwoPte.cacheable(pte);
  }

  private static String say(long entry) {
    return "entry of gfn " + entry / LEVELS + " level " + entry % LEVELS;
  }

  @Override
  public void kvmTlbFlushVmidIpa(int vmid, long ipa, int level) {
    super.kvmTlbFlushVmidIpa(vmid, ipa, level);
    invalidations++;
    long gfn = ipa >>> StageTwoGeometry.PAGE_SHIFT;
    broken.entrySet().removeIf(of -> {
      int own = (int) (of.getKey() % LEVELS);
      long start = of.getKey() / LEVELS;
      boolean covered = start <= gfn && gfn < start + geometry.pages(own);
      // What hangs off a table has other levels than the table's own.
      return covered && (level == TLBI_TTL_UNKNOWN || level == own && !StageTwoPte.table(of.getValue(), own));
    });
  }

  @Override
  public void kvmTlbFlushVmid(int vmid) {
    super.kvmTlbFlushVmid(vmid);
    invalidations++;
    broken.clear();
  }

  @Override
  public void hypTlbFlushVmidRange(int vmid, long start, long pages) {
    super.hypTlbFlushVmidRange(vmid, start, pages);
    invalidations++;
    long gfn = start >>> StageTwoGeometry.PAGE_SHIFT;
    broken.entrySet().removeIf(of -> {
      int own = (int) (of.getKey() % LEVELS);
      long first = of.getKey() / LEVELS;
      long end = first + geometry.pages(own);
      // One address is enough for a leaf, as with TLBI by IPA; a table goes only with all that it led to.
      return StageTwoPte.table(of.getValue(), own)
          ? gfn <= first && end <= gfn + pages
          : gfn < end && first < gfn + pages;
    });
  }
}
