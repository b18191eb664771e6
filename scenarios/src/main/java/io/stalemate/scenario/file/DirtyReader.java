package io.stalemate.scenario.file;

import io.stalemate.scenario.DirtyTracking;
import io.stalemate.scenario.Geometry;
import io.stalemate.scenario.Limits;
import java.util.ArrayList;
import java.util.List;

/** Reads how a VM keeps track of dirty pages: {@code dirty-log}, {@code dirty-ring} and {@code eager-split}. */
final class DirtyReader {

  private static final String V6_2 = "v6.2";
  private static final String V6_8 = "v6.8";
  private static final String V6_12 = "v6.12";

  private final Section vm;
  private final Geometry geometry;
  private final List<String> eras;

  /** @param eras the kernels that the scenario makes sense on */
  DirtyReader(Section vm, Geometry geometry, List<String> eras) {
    this.vm = vm;
    this.geometry = geometry;
    this.eras = eras;
  }

  DirtyTracking read() {
    Section log = vm.section("dirty-log", "the dirty log").allow(List.of("manual-protect", "initially-set"));
    boolean manualProtect = log.flag("manual-protect", false);
    boolean initiallySet = log.flag("initially-set", false);
    if (initiallySet && !manualProtect) {
      throw log.refused("initially-set", "initially-set without manual-protect; the kernel has it only with "
          + "manual-protect = true");
    }
    return new DirtyTracking(manualProtect, initiallySet, ringEntries(), eagerSplit());
  }

  private int ringEntries() {
    if (!vm.has("dirty-ring")) {
      return 0;
    }
    checkEras("dirty-ring", "arm64 has dirty rings from v6.2 on", List.of(V6_2, V6_8, V6_12));
    Section ring = vm.section("dirty-ring", "the dirty ring").allow(List.of("entries"));
    int entries = ring.number("entries", Limits.RING_ENTRIES_MIN, Limits.RING_ENTRIES);
    if (Integer.bitCount(entries) != 1) {
      throw ring.refused("entries", "entries = " + entries + "; a power of two from " + Limits.RING_ENTRIES_MIN + " to "
          + Limits.RING_ENTRIES + " is allowed");
    }
    return entries;
  }

  private int eagerSplit() {
    if (!vm.has("eager-split")) {
      return 0;
    }
    checkEras("eager-split", "arm64 splits eagerly from v6.4 on", List.of(V6_8, V6_12));
    int pages = vm.number("eager-split", 0, Limits.GFNS);
    List<String> blocks = new ArrayList<>();
    for (int shift = 0; shift < geometry.levels() * geometry.bits(); shift += geometry.bits()) {
      blocks.add(Long.toString(1L << shift));
    }
    if (pages != 0 && !blocks.contains(Integer.toString(pages))) {
      throw vm.refused("eager-split", "eager-split = " + pages + "; 0 or a leaf of this geometry, "
          + String.join(", ", blocks) + ", is allowed");
    }
    return pages;
  }

  private void checkEras(String key, String since, List<String> have) {
    for (String era : eras) {
      if (!have.contains(era)) {
        throw vm.refused(key, key + " in era " + era + "; " + since + " (set vm.eras)");
      }
    }
  }
}
