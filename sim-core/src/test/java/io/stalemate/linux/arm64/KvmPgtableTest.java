package io.stalemate.linux.arm64;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.Errno;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.MmuMemoryCache;
import io.stalemate.machine.Machine;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Tlb;
import io.stalemate.machine.Tracepoint;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.strategy.Seeded;
import io.stalemate.trace.Op;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class KvmPgtableTest {

  private static final long PAGE = StageTwoGeometry.PAGE_SIZE;
  private static final StageTwoGeometry SMALL = new StageTwoGeometry(3, 1);
  private static final int RW = PgtableProt.R | PgtableProt.W;

  /** A table of its own, outside any VM. */
  private record Bench(TablePages mmOps, KvmPgtable pgt, MmuMemoryCache cache, Tables tables) {

    int map(long gfn, long pages, long pfn, int prot, int flags) {
      assertThat(cache.topup(3)).isZero();
      return pgt.stage2Map(gfn * PAGE, pages * PAGE, pfn * PAGE, prot, cache, flags);
    }

    long translate(long gfn) {
      return tables.translate(pgt.pgd(), gfn);
    }
  }

  /** Runs {@code test} as the one task of a world and yields the world, which then has said no warning. */
  private static World on(Era era, StageTwoGeometry geometry, CpuFeatures features, Consumer<Bench> test) {
    World world = DirectEngine.world();
    world.begin(WorldOptions.of(1));
    Machine m = world.machine();
    Arm64Text text = Arm64Text.of(era, geometry, features);
    TablePages mmOps = new TablePages(m, geometry);
    KvmTlb tlb = text.tlb().link(m, features);
    KvmPgtable pgt = text.pgtable().link(mmOps, tlb, 1, mmOps.zallocPagesExact(), features);
    MmuMemoryCache cache = new MmuMemoryCache(m, 0, geometry.entries(), 4);
    Bench bench = new Bench(mmOps, pgt, cache, new Tables(m, geometry));
    world.addTask("walker", Role.VCPU, () -> {
      test.accept(bench);
      cache.free();
    });
    assertThat(world.run(new RandomWalk(), 1, 10_000_000)).isEqualTo(Ending.QUIESCENT);
    assertThat(count(world, Op.WARN)).isZero();
    return world;
  }

  private static int count(World world, Op op) {
    int count = 0;
    for (int i = 0; i < world.trace().size(); i++) {
      count += world.trace().op(i) == op ? 1 : 0;
    }
    return count;
  }

  @ParameterizedTest
  @EachEra
  void randomOperationsMeanWhatAPageMapSays(Era era) {
    for (long seed = 1; seed <= 50; seed++) {
      againstPageMap(era, SMALL, CpuFeatures.none(), seed, 8, 0);
      againstPageMap(era, new StageTwoGeometry(2, 2), new CpuFeatures(true, true), seed, 16, 0);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_2", "V6_12"})
  void sharedWalksMeanTheSameWhenAlone(Era era) {
    for (long seed = 1; seed <= 50; seed++) {
      againstPageMap(era, SMALL, CpuFeatures.none(), seed, 8, PgtableWalker.SHARED | PgtableWalker.HANDLE_FAULT);
    }
  }

  @ParameterizedTest
  @EachEra
  void realTablesMeanWhatAPageMapSays(Era era) {
    againstPageMap(era, StageTwoGeometry.REAL, CpuFeatures.none(), 1, 2048, 0);
  }

  private static void againstPageMap(
      Era era, StageTwoGeometry geometry, CpuFeatures features, long seed, int gfns, int flags) {
    Seeded random = new Seeded(seed);
    PageMap expected = new PageMap(gfns);
    long blockPages = geometry.pages(StageTwoGeometry.LAST_LEVEL - 1);
    World world = on(era, geometry, features, bench -> {
      for (int step = 0; step < 60; step++) {
        long pages = random.below(3) == 0 ? blockPages : 1;
        long gfn = random.below(gfns) & -pages;
        switch (random.below(5)) {
          case 0 -> {
            assertThat(bench.pgt.stage2Unmap(gfn * PAGE, pages * PAGE)).isZero();
            expected.unmap(gfn, pages);
          }
          case 1 -> {
            assertThat(bench.pgt.stage2Wrprotect(gfn * PAGE, pages * PAGE)).isZero();
            expected.wrprotect(gfn, pages);
          }
          case 2 -> {
            bench.pgt.stage2RelaxPerms(gfn * PAGE, PgtableProt.RWX, flags, 0);
            expected.relax(gfn, Tlb.READ | Tlb.WRITE | Tlb.EXEC);
          }
          default -> {
            long pfn = 0x1000 + random.below(4) * blockPages + (pages == 1 ? gfn & blockPages - 1 : 0);
            boolean writable = random.below(2) == 0;
            int ret = bench.map(gfn, pages, pfn, writable ? RW : PgtableProt.R, flags);
            int permissions = writable ? Tlb.READ | Tlb.WRITE : Tlb.READ;
            int meant = expected.map(gfn, pages, pfn, permissions);
            // Walks that serve no fault pass over entries they have nothing to change in.
            boolean tells = era == Era.V5_15 || flags != 0;
            assertThat(ret).as("seed %d step %d", seed, step).isEqualTo(tells ? meant : 0);
          }
        }
        for (long g = 0; g < gfns; g++) {
          assertThat(bench.translate(g)).as("seed %d step %d gfn %d", seed, step, g).isEqualTo(expected.translate(g));
        }
        assertThat(bench.tables.miscounts(bench.mmOps, bench.pgt.pgd())).isEmpty();
      }
      assertThat(bench.pgt.stage2Unmap(0, gfns * PAGE)).isZero();
      assertThat(bench.mmOps.pageCount(bench.pgt.pgd())).isEqualTo(1);
    });
    assertThat(tablesLeft(world)).as("only the root is left").isEqualTo(1);
  }

  private static int tablesLeft(World world) {
    int left = 0;
    for (int i = 0; i < world.trace().size(); i++) {
      boolean alloc = world.trace().op(i) == Op.PAGE_ALLOC;
      boolean free = world.trace().op(i) == Op.PAGE_FREE;
      if ((alloc || free) && world.trace().b(i) == PageUse.TABLE.ordinal()) {
        left += alloc ? 1 : -1;
      }
    }
    return left;
  }

  @ParameterizedTest
  @EachEra
  void identicalAndPermissionOnlyMapsAreLeftToTheGuest(Era era) {
    int flags = era == Era.V5_15 ? 0 : PgtableWalker.HANDLE_FAULT;
    on(era, SMALL, CpuFeatures.none(), bench -> {
      assertThat(bench.map(3, 1, 0x77, PgtableProt.R, flags)).isZero();
      long pte = bench.pgt.getLeaf(3 * PAGE).pte();
      assertThat(bench.map(3, 1, 0x77, PgtableProt.R, flags)).isEqualTo(-Errno.EAGAIN);
      assertThat(bench.map(3, 1, 0x77, RW, flags)).isEqualTo(-Errno.EAGAIN);
      assertThat(bench.pgt.getLeaf(3 * PAGE)).isEqualTo(new KvmPgtable.Leaf(pte, 3));
    });
  }

  @ParameterizedTest
  @EachEra
  void aLeafThatMovesIsBrokenFirst(Era era) {
    World world = on(era, SMALL, CpuFeatures.none(), bench -> {
      assertThat(bench.map(3, 1, 0x77, RW, 0)).isZero();
      assertThat(bench.map(3, 1, 0x78, RW, 0)).isZero();
    });
    // Invalid, seen, invalidated, completed; only then the new leaf.
    assertThat(breaks(world)).isEqualTo("S2(0) DSB_ISHST TLBI_IPA DSB S2(leaf) DSB_ISHST");
  }

  /** The maintenance that follows the first valid page leaf, up to the barrier after the second. */
  private static String breaks(World world) {
    StringBuilder said = new StringBuilder();
    boolean mapped = false;
    for (int i = 0; i < world.trace().size(); i++) {
      Op op = world.trace().op(i);
      boolean set = op == Op.TRACE && world.trace().point(i) == Tracepoint.S2_SET_PTE;
      if (set && mapped) {
        said.append(StageTwoPte.valid(world.trace().d(i)) ? " S2(leaf)" : " S2(0)");
      } else if (mapped && (op == Op.DSB || op == Op.DSB_ISHST || op == Op.TLBI_IPA || op == Op.TLBI_VMID)) {
        said.append(' ').append(op);
      }
      mapped |= set && world.trace().b(i) == 3 && StageTwoPte.valid(world.trace().d(i));
    }
    return said.toString().trim().replaceFirst("^DSB_ISHST ", "");
  }

  @ParameterizedTest
  @EachEra
  void aBlockReplacesATableAndAPageABlock(Era era) {
    on(era, SMALL, CpuFeatures.none(), bench -> {
      assertThat(bench.map(2, 1, 0x41, RW, 0)).isZero();
      assertThat(bench.map(3, 1, 0x50, RW, 0)).isZero();
      assertThat(bench.map(2, 2, 0x80, RW, 0)).isZero();
      assertThat(bench.pgt.getLeaf(3 * PAGE).level()).isEqualTo(2);
      assertThat(bench.map(3, 1, 0x50, PgtableProt.R, 0)).isZero();
      assertThat(bench.translate(2)).isZero();
      assertThat(bench.translate(3)).isEqualTo(0x50 << 3 | Tlb.READ);
    });
  }

  @ParameterizedTest
  @EachEra
  void withoutAMemoryCacheOnlyExistingTablesServe(Era era) {
    on(era, SMALL, CpuFeatures.none(), bench -> {
      assertThat(bench.pgt.stage2Map(0, PAGE, 0x40 * PAGE, RW, null, 0)).isEqualTo(-Errno.ENOMEM);
      assertThat(bench.map(0, 1, 0x40, RW, 0)).isZero();
      assertThat(bench.pgt.stage2Map(PAGE, PAGE, 0x41 * PAGE, RW, null, 0)).isZero();
    });
  }

  @ParameterizedTest
  @EachEra
  void agingClearsTheAccessFlagAndMkyoungSetsIt(Era era) {
    on(era, SMALL, CpuFeatures.none(), bench -> {
      assertThat(bench.map(5, 1, 0x40, RW, 0)).isZero();
      assertThat(bench.pgt.stage2Age(5 * PAGE, PAGE, false)).isTrue();
      assertThat(bench.pgt.stage2Age(5 * PAGE, PAGE, true)).isTrue();
      assertThat(bench.pgt.stage2Age(5 * PAGE, PAGE, true)).isFalse();
      bench.pgt.stage2Mkyoung(5 * PAGE, 0);
      assertThat(bench.pgt.getLeaf(5 * PAGE).pte() & StageTwoPte.AF).isEqualTo(StageTwoPte.AF);
    });
  }

  @ParameterizedTest
  @EachEra
  void rangesOutsideTheTableAreRefused(Era era) {
    on(era, SMALL, CpuFeatures.none(), bench -> {
      assertThat(bench.pgt.stage2Unmap(8 * PAGE, PAGE)).isEqualTo(-Errno.ERANGE);
      assertThat(bench.pgt.stage2Unmap(7 * PAGE, PAGE)).isZero();
    });
  }
}
