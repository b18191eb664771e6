package io.stalemate.linux.arm64;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.MmuMemoryCache;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Tracepoint;
import io.stalemate.sequential.SequentialMachine;

/** A stage-2 table of its own in the sequential machine, outside any VM, and what must hold for it at any time. */
final class PgtableBench {

  static final long PAGE = StageTwoGeometry.PAGE_SIZE;

  final StageTwoGeometry geometry;
  final SequentialMachine machine;
  final BreakWatch tlb;
  final TablePages mmOps;
  final KvmPgtable pgt;
  final MmuMemoryCache cache;

  private PgtableBench(Arm64Text.PgtableFactory pgtable, StageTwoGeometry geometry, CpuFeatures features) {
    this.geometry = geometry;
    this.machine = new SequentialMachine(1) {
      @Override
      public void trace(Tracepoint point, long a, long b, long c, long d) {
        if (point == Tracepoint.S2_SET_PTE) {
          tlb.entryChanged(a, (int) b, c, d);
        }
      }
    };
    this.tlb = new BreakWatch(machine, features.tlbRange(), geometry);
    this.mmOps = new TablePages(machine, geometry);
    this.pgt = pgtable.link(mmOps, tlb, 1, mmOps.zallocPagesExact(), features);
    this.cache = new MmuMemoryCache(machine, 0, geometry.entries(), 40);
  }

  static PgtableBench of(Era era, StageTwoGeometry geometry, CpuFeatures features) {
    return of(Arm64Text.of(era, geometry, features).pgtable(), geometry, features);
  }

  static PgtableBench of(Arm64Text.PgtableFactory pgtable, StageTwoGeometry geometry, CpuFeatures features) {
    return new PgtableBench(pgtable, geometry, features);
  }

  static PgtableBench of(Era era, StageTwoGeometry geometry) {
    return of(era, geometry, CpuFeatures.none());
  }

  int map(long gfn, long pages, long pfn, int prot) {
    return pgt.stage2Map(gfn * PAGE, pages * PAGE, pfn * PAGE, prot, filled(), 0);
  }

  int annotate(long gfn, long pages, long note) {
    return pgt.stage2Annotate(gfn * PAGE, pages * PAGE, filled(), note);
  }

  int setOwner(long gfn, long pages, int id) {
    return pgt.stage2SetOwner(gfn * PAGE, pages * PAGE, filled(), id);
  }

  long pte(long gfn) {
    return pgt.getLeaf(gfn * PAGE).pte();
  }

  /** The cache, which then holds as many pages as it can. */
  MmuMemoryCache filled() {
    assertThat(cache.topup(40)).isZero();
    return cache;
  }

  /** The frame of the table page that holds the entry of {@code level} for {@code gfn}; it must exist. */
  long tableOf(long gfn, int level) {
    long table = pgt.pgd();
    for (int above = geometry.firstLevel(); above < level; above++) {
      table = StageTwoPte.pfn(entry(table, gfn, above));
    }
    return table;
  }

  private long entry(long table, long gfn, int level) {
    return machine.pages().words(table).at(geometry.index(gfn * PAGE, level)).read();
  }

  /** Checks that counts equal a recount, that no table that is reached is free, and that none is out of reach. */
  void checkTables() {
    int tables = recount(pgt.pgd(), geometry.firstLevel());
    assertThat(machine.pages().allocated(PageUse.TABLE) - cache.pages()).as("tables in reach").isEqualTo(tables);
    assertThat(machine.warnings()).isEmpty();
    assertThat(tlb.violations()).isEmpty();
  }

  private int recount(long table, int level) {
    if (!machine.pages().isAllocated(table)) {
      throw new AssertionError("table " + table + " is reached and free");
    }
    int tables = 1;
    long counted = 1;
    for (int i = 0; i < geometry.entries(); i++) {
      long pte = machine.pages().words(table).at(i).read();
      counted += pte != 0 ? 1 : 0;
      if (StageTwoPte.table(pte, level)) {
        tables += recount(StageTwoPte.pfn(pte), level + 1);
      }
    }
    if (mmOps.pageCount(table) != counted) {
      throw new AssertionError("table " + table + ": count " + mmOps.pageCount(table) + ", recounted " + counted);
    }
    return tables;
  }

  /** Destroys the table, after which no table page is left. */
  void destroy() {
    pgt.stage2Destroy();
    cache.free();
    assertThat(machine.pages().allocated(PageUse.TABLE)).isZero();
    assertThat(machine.warnings()).isEmpty();
  }
}
