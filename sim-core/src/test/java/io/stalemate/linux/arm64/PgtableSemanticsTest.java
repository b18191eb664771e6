package io.stalemate.linux.arm64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.kvm.Era;
import io.stalemate.strategy.Seeded;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** Random operations on a table mean what {@link MeantTable} says, entry by entry, in each era. */
final class PgtableSemanticsTest {

  private static final long PAGE = StageTwoGeometry.PAGE_SIZE;
  private static final CpuFeatures ALL = new CpuFeatures(true, true);
  private static final StageTwoGeometry SMALL = new StageTwoGeometry(3, 1);

  @ParameterizedTest
  @EachEra
  void smallTablesOfThreeLevels(Era era) {
    new Run(era, SMALL, CpuFeatures.none(), 1, 8).operations(40_000, 1);
  }

  @ParameterizedTest
  @EachEra
  void smallTablesOfTwoLevels(Era era) {
    new Run(era, new StageTwoGeometry(2, 2), ALL, 2, 16).operations(40_000, 1);
  }

  @ParameterizedTest
  @EachEra
  void realTables(Era era) {
    new Run(era, StageTwoGeometry.REAL, ALL, 3, 0).operations(20_000, 500);
  }

  private static void rejected(Arm64Text.PgtableFactory wrong, Era era, String why) {
    PgtableBench bench = PgtableBench.of(wrong, SMALL, CpuFeatures.none());
    assertThatThrownBy(() -> new Run(era, bench, 1, 8).operations(10_000, 1))
        .isInstanceOf(AssertionError.class).hasMessageContaining(why);
  }

  @Test
  void aTableThatCountsOnlyValidEntriesIsRejected() {
    rejected((mmOps, tlb, vmid, pgd, cpu) -> new KvmPgtableV515(mmOps, tlb, vmid, pgd) {
      @Override
      protected int stage2UnmapWalker(PgtableVisit ctx) {
        return StageTwoPte.valid(ctx.old()) ? super.stage2UnmapWalker(ctx) : 0;
      }
    }, Era.V5_15, "meant is null");
    rejected((mmOps, tlb, vmid, pgd, cpu) -> new KvmPgtableV62(mmOps, tlb, vmid, pgd) {
      @Override
      protected int stage2FreeWalker(PgtableVisit ctx) {
        return StageTwoPte.valid(ctx.old()) ? super.stage2FreeWalker(ctx) : 0;
      }
    }, Era.V6_2, "tables in reach");
  }

  @Test
  void aTableThatForgetsToInvalidateIsRejected() {
    rejected((mmOps, tlb, vmid, pgd, cpu) -> new KvmPgtableV612(mmOps, tlb, vmid, pgd, false) {
      @Override
      protected void flushUnmappedLeaf(PgtableVisit ctx) {}
    }, Era.V6_12, "in the TLBs");
    rejected((mmOps, tlb, vmid, pgd, cpu) -> new KvmPgtableV62(mmOps, tlb, vmid, pgd) {
      @Override
      protected void flushBrokenTable(PgtableVisit ctx) {}
    }, Era.V6_2, "before the old translation was invalidated");
  }

  @Test
  void aTableThatMapsBlocksWherePagesAreForcedIsRejected() {
    rejected((mmOps, tlb, vmid, pgd, cpu) -> new KvmPgtableV62(mmOps, tlb, vmid, pgd) {
      @Override
      protected boolean stage2LeafMappingAllowed(PgtableVisit ctx, StageTwoMap data) {
        return super.stage2LeafMappingAllowed(ctx, new StageTwoMap(data.phys(), 0, null, 0, false));
      }
    }, Era.V6_2, "meant is");
  }

  /** One table, its meaning, and who makes them differ. */
  private static final class Run {

    private final Era era;
    private final StageTwoGeometry geometry;
    private final int gfns;
    private final Seeded random;
    private final PgtableBench bench;
    private final MeantTable meant;

    /** Over the first {@code gfns} gfns, or spread over the real geometry if 0. */
    Run(Era era, StageTwoGeometry geometry, CpuFeatures features, long seed, int gfns) {
      this(era, PgtableBench.of(era, geometry, features), seed, gfns);
    }

    Run(Era era, PgtableBench bench, long seed, int gfns) {
      this.era = era;
      this.geometry = bench.geometry;
      this.gfns = gfns;
      this.random = new Seeded(seed);
      this.bench = bench;
      this.meant = new MeantTable(geometry, era == Era.V5_15);
    }

    void operations(int count, int checkEvery) {
      for (int step = 0; step < count; step++) {
        try {
          operation();
          bench.tlb.operationEnds();
          if (step % checkEvery == 0) {
            checkEntries();
            bench.checkTables();
          }
        } catch (AssertionError e) {
          throw new AssertionError(era + " step " + step + ": " + e.getMessage(), e);
        }
      }
      checkEntries();
      bench.checkTables();
      bench.destroy();
    }

    private void operation() {
      long pages = pages();
      long gfn = gfn(pages);
      long addr = gfn * PAGE;
      long size = pages * PAGE;
      switch (random.below(12)) {
        case 0, 1, 2 -> {
          long pfn = 0x10_0000 + random.below(4) * 0x200L + (random.below(3) > 0 ? gfn % 0x200 : random.below(8));
          int prot = random.below(16) << 4 | random.below(8) & ~PgtableProt.X | PgtableProt.R;
          int device = random.below(8) == 0 ? PgtableProt.DEVICE : random.below(2) * PgtableProt.X;
          assertThat(bench.map(gfn, pages, pfn, prot | device))
              .isEqualTo(meant.map(gfn, pages, pfn, prot | device, false));
        }
        case 3 -> {
          assertThat(bench.pgt.stage2Unmap(addr, size)).isZero();
          meant.unmap(gfn, pages);
        }
        case 4 -> {
          int id = random.below(2);
          assertThat(bench.setOwner(gfn, pages, id)).isZero();
          meant.note(gfn, pages, (long) id << 2);
        }
        case 5 -> {
          long note = random.below(3) * 0x4d4d_494fL;
          assertThat(bench.annotate(gfn, pages, note)).isZero();
          meant.note(gfn, pages, note << 11);
        }
        case 6 -> {
          assertThat(bench.pgt.stage2Wrprotect(addr, size)).isZero();
          meant.wrprotect(gfn, pages);
        }
        case 7 -> {
          int prot = random.below(8);
          assertThat(bench.pgt.stage2RelaxPerms(addr, prot, 0, 0)).isZero();
          meant.relax(gfn, prot);
        }
        case 8 -> {
          assertThat(bench.pgt.stage2Mkyoung(addr, 0)).isEqualTo(mappedPte(gfn));
          meant.mkyoung(gfn);
        }
        case 9 -> {
          boolean mkold = random.below(2) == 0;
          long answering = era == Era.V6_12 ? pages : 1;
          assertThat(bench.pgt.stage2Age(addr, size, mkold)).isEqualTo(meant.age(gfn, answering, mkold));
        }
        case 10 -> {
          if (era == Era.V6_12) {
            assertThat(bench.pgt.stage2Split(addr, size, bench.filled())).isZero();
            meant.split(gfn, pages);
          }
        }
        default -> checkLeaf(gfn);
      }
      checkLeaf(gfn);
    }

    /** A page, a few, or as many as a block of the lowest level has. */
    private long pages() {
      long block = geometry.pages(StageTwoGeometry.LAST_LEVEL - 1);
      return switch (random.below(gfns == 0 ? 8 : 4)) {
        case 0 -> block;
        case 1 -> 1 + random.below(gfns == 0 ? 20 : gfns / 2);
        default -> 1;
      };
    }

    private long gfn(long pages) {
      if (gfns > 0) {
        return random.below((int) (gfns - pages + 1));
      }
      // Four regions that share no table but the root, each around the border of two blocks.
      long region = (long) random.below(4) << 27;
      long within = pages == 512 && random.below(4) > 0 ? random.below(3) * 512L : random.below(1024);
      return region + within;
    }

    private void checkEntries() {
      for (MeantTable.Entry entry : meant.entries()) {
        checkLeaf(entry.gfn());
        checkLeaf(entry.gfn() + geometry.pages(entry.level()) - 1);
      }
      for (long gfn = 0; gfn < gfns; gfn++) {
        checkLeaf(gfn);
      }
    }

    private void checkLeaf(long gfn) {
      KvmPgtable.Leaf leaf = bench.pgt.getLeaf(gfn * PAGE);
      MeantTable.Entry entry = meant.at(gfn);
      long pte = entry == null ? 0 : entry.mapped() ? mappedPte(gfn) : entry.note();
      if (leaf.ret() != 0 || leaf.pte() != pte || (entry != null && leaf.level() != entry.level())) {
        throw new AssertionError("gfn " + gfn + ": " + leaf + ", meant is " + entry);
      }
    }

    /** The descriptor that the meaning of {@code gfn} makes; 0 if it is not mapped. */
    private long mappedPte(long gfn) {
      MeantTable.Entry entry = meant.at(gfn);
      if (entry == null || !entry.mapped()) {
        return 0;
      }
      int prot = entry.prot();
      long pte = entry.pfn() << StageTwoGeometry.PAGE_SHIFT | StageTwoPte.VALID | StageTwoPte.SH_INNER;
      pte |= entry.level() == StageTwoGeometry.LAST_LEVEL ? 1L << 1 : 0;
      pte |= (prot & PgtableProt.DEVICE) != 0 ? 1L << 2 : 0xfL << 2;
      pte |= (prot & PgtableProt.R) != 0 ? 1L << 6 : 0;
      pte |= (prot & PgtableProt.W) != 0 ? 1L << 7 : 0;
      pte |= entry.young() ? 1L << 10 : 0;
      pte |= (prot & PgtableProt.X) == 0 ? 1L << 54 : 0;
      return pte | (long) (prot >> 4) << 55;
    }
  }
}
