package io.stalemate.linux.arm64;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.machine.Machine;
import java.util.ArrayList;
import java.util.List;

/** Reads a stage-2 table by its format alone, to hold against what the walkers say. */
final class Tables {

  private final Machine m;
  private final StageTwoGeometry geometry;

  Tables(Machine m, StageTwoGeometry geometry) {
    this.m = m;
    this.geometry = geometry;
  }

  /** The first pfn and permissions that {@code gfn} translates to, as {@code pfn << 3 | permissions}; 0 if to none. */
  long translate(long root, long gfn) {
    long table = root;
    for (int level = geometry.firstLevel(); ; level++) {
      long ipa = gfn << StageTwoGeometry.PAGE_SHIFT;
      long pte = m.pages().words(table).at(geometry.index(ipa, level)).readOnce();
      if (StageTwoPte.table(pte, level)) {
        table = StageTwoPte.pfn(pte);
        continue;
      }
      long offset = gfn & geometry.pages(level) - 1;
      return StageTwoPte.valid(pte) ? StageTwoPte.pfn(pte) + offset << 3 | StageTwoPte.permissions(pte) : 0;
    }
  }

  /** What is wrong with the reference counts of the tables below {@code root}, one line each. */
  List<String> miscounts(TablePages mmOps, long root) {
    List<String> wrong = new ArrayList<>();
    recount(mmOps, root, geometry.firstLevel(), wrong);
    return wrong;
  }

  private void recount(TablePages mmOps, long table, int level, List<String> wrong) {
    long expected = 1;
    for (int i = 0; i < geometry.entries(); i++) {
      long pte = m.pages().words(table).at(i).readOnce();
      expected += pte != 0 ? 1 : 0;
      if (StageTwoPte.table(pte, level)) {
        recount(mmOps, StageTwoPte.pfn(pte), level + 1, wrong);
      }
    }
    long count = mmOps.pageCount(table);
    if (count != expected) {
      wrong.add("table " + table + " level " + level + ": count " + count + ", entries say " + expected);
    }
  }
}
