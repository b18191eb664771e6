package io.stalemate.linux.arm64;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.Errno;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.MmuMemoryCache;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Tracepoint;
import io.stalemate.sequential.SequentialMachine;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Addresses, flags and memory at the edges of the stage-2 functions; splitting. */
final class PgtableWalkTest {

  private static final long PAGE = StageTwoGeometry.PAGE_SIZE;
  private static final StageTwoGeometry SMALL = new StageTwoGeometry(3, 1);
  private static final int RW = PgtableProt.R | PgtableProt.W;

  private static KvmPgtable with(SequentialMachine m, Era era, int flags, KvmPgtable.ForcePte force) {
    TablePages mmOps = new TablePages(m, SMALL);
    KvmTlb tlb = new KvmTlb(m, false);
    long pgd = mmOps.zallocPagesExact();
    return switch (era) {
      case V5_15 -> new KvmPgtableV515(mmOps, tlb, 1, pgd, false, flags, force);
      case V6_2 -> new KvmPgtableV62(mmOps, tlb, 1, pgd, false, flags, force);
      case V6_8, V6_12 -> new KvmPgtableV612(mmOps, tlb, 1, pgd, false, flags, force);
    };
  }

  @ParameterizedTest
  @EachEra
  void addressesGoDownAndLengthsUpToPages(Era era) {
    PgtableBench bench = PgtableBench.of(era, SMALL);
    assertThat(bench.pgt.stage2Map(3 * PAGE + 5, 1, 0x40 * PAGE + 7, RW, bench.filled(), 0)).isZero();
    assertThat(StageTwoPte.pfn(bench.pte(3))).isEqualTo(0x40);
    assertThat(bench.pte(4)).isZero();
    // From the start of the page, so a page's length from inside a page is that page.
    assertThat(bench.pgt.stage2Unmap(2 * PAGE + 5, PAGE)).isZero();
    assertThat(StageTwoPte.pfn(bench.pte(3))).isEqualTo(0x40);
  }

  @ParameterizedTest
  @EachEra
  void rangesThatReachOutsideAreRefusedAndWrappedOnesAreEmpty(Era era) {
    PgtableBench bench = PgtableBench.of(era, SMALL);
    long limit = 8 * PAGE;
    assertThat(bench.map(0, 9, 0x40, RW)).isEqualTo(-Errno.ERANGE);
    assertThat(bench.setOwner(8, 1, 1)).isEqualTo(-Errno.ERANGE);
    assertThat(bench.annotate(9, 0, 1)).isEqualTo(-Errno.ERANGE);
    assertThat(bench.pgt.stage2Wrprotect(0, limit + 1)).isEqualTo(-Errno.ERANGE);
    assertThat(bench.pgt.stage2Flush(limit, 1)).isEqualTo(-Errno.ERANGE);
    assertThat(bench.pgt.stage2RelaxPerms(limit, RW, 0, 0)).isEqualTo(-Errno.ERANGE);
    assertThat(bench.pgt.stage2Mkyoung(limit, 0)).isZero();
    assertThat(bench.pgt.getLeaf(-PAGE).ret()).isEqualTo(-Errno.ERANGE);
    assertThat(bench.pgt.getLeaf(limit)).isEqualTo(new KvmPgtable.Leaf(-Errno.ERANGE, 0, 3));
    assertThat(bench.map(0, 8, 0x40, RW)).isZero();
    assertThat(bench.pgt.stage2Unmap(PAGE, -PAGE)).as("ends before it begins").isZero();
    assertThat(bench.pte(1)).isNotZero();
    bench.checkTables();
  }

  @ParameterizedTest
  @EachEra
  void theForcePteCallbackSeesTheRangeAndTheProtection(Era era) {
    SequentialMachine m = new SequentialMachine(1);
    List<List<Long>> asked = new ArrayList<>();
    KvmPgtable pgt = with(m, era, 0, (addr, end, prot) -> {
      asked.add(List.of(addr, end, (long) prot));
      return prot != PgtableProt.RWX;
    });
    MmuMemoryCache cache = new MmuMemoryCache(m, 0, 2, 40);
    cache.topup(40);
    assertThat(pgt.stage2Map(0, 4 * PAGE, 0, PgtableProt.RWX, cache, 0)).isZero();
    assertThat(pgt.stage2Map(4 * PAGE, 4 * PAGE, 4 * PAGE, RW, cache, 0)).isZero();
    assertThat(pgt.getLeaf(0).level()).isEqualTo(1);
    assertThat(pgt.getLeaf(4 * PAGE).level()).isEqualTo(3);
    assertThat(asked).containsExactly(List.of(0L, 4 * PAGE, 7L), List.of(4 * PAGE, 8 * PAGE, (long) RW));
  }

  @ParameterizedTest
  @EachEra
  void anIdentityMapRefusesOtherMapsAndWarns(Era era) {
    SequentialMachine m = new SequentialMachine(1);
    KvmPgtable pgt = with(m, era, KvmPgtable.S2_IDMAP, (addr, end, prot) -> false);
    assertThat(pgt.stage2Map(0, PAGE, PAGE, RW, null, 0)).isEqualTo(-Errno.EINVAL);
    assertThat(m.warnings()).containsExactly("kvm_pgtable_stage2_map: not an identity map");
  }

  @ParameterizedTest
  @EachEra
  void executableDeviceMemoryAndRelaxedSoftwareBitsAreRefused(Era era) {
    PgtableBench bench = PgtableBench.of(era, SMALL);
    assertThat(bench.map(3, 1, 0x40, PgtableProt.RWX | PgtableProt.DEVICE)).isEqualTo(-Errno.EINVAL);
    assertThat(bench.map(3, 1, 0x40, PgtableProt.R)).isZero();
    assertThat(bench.pgt.stage2RelaxPerms(3 * PAGE, RW | PgtableProt.SW0, 0, 0)).isEqualTo(-Errno.EINVAL);
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_2", "V6_12"})
  void softwareBitsAloneChangeWithoutBreakInAnExclusiveWalk(Era era) {
    PgtableBench bench = PgtableBench.of(era, SMALL);
    assertThat(bench.map(3, 1, 0x40, RW)).isZero();
    assertThat(bench.map(3, 1, 0x40, RW | PgtableProt.SW0)).isZero();
    assertThat(bench.tlb.invalidations()).isZero();
    assertThat(PgtableProt.ofStage2Pte(bench.pte(3))).isEqualTo(RW | PgtableProt.SW0);
    int flags = PgtableWalker.SHARED;
    assertThat(bench.pgt.stage2Map(3 * PAGE, PAGE, 0x40 * PAGE, RW, bench.filled(), flags)).isZero();
    assertThat(bench.tlb.invalidations()).as("a shared walk breaks").isEqualTo(1);
  }

  @Test
  void theExclusiveWalkerBreaksForSoftwareBitsToo() {
    PgtableBench bench = PgtableBench.of(Era.V5_15, SMALL);
    assertThat(bench.map(3, 1, 0x40, RW)).isZero();
    assertThat(bench.map(3, 1, 0x40, RW | PgtableProt.SW0)).isZero();
    assertThat(bench.tlb.invalidations()).isEqualTo(1);
  }

  @Test
  void splitMapsTheSameByPagesWithOneInvalidationABlock() {
    PgtableBench bench = PgtableBench.of(Era.V6_12, SMALL);
    assertThat(bench.map(4, 4, 0x44, RW | PgtableProt.SW1)).isZero();
    assertThat(bench.pgt.stage2Split(5 * PAGE, PAGE, bench.filled())).isZero();
    for (long gfn = 4; gfn < 8; gfn++) {
      KvmPgtable.Leaf leaf = bench.pgt.getLeaf(gfn * PAGE);
      assertThat(leaf.level()).isEqualTo(3);
      assertThat(StageTwoPte.pfn(leaf.pte())).isEqualTo(0x40 + gfn);
      assertThat(PgtableProt.ofStage2Pte(leaf.pte())).isEqualTo(RW | PgtableProt.SW1);
    }
    assertThat(bench.tlb.invalidations()).isEqualTo(1);
    bench.checkTables();
  }

  @Test
  void splitGoesLevelByLevelWhenPagesAreFewAndStopsWhenTheyEnd() {
    PgtableBench bench = PgtableBench.of(Era.V6_12, SMALL);
    assertThat(bench.map(4, 4, 0x44, RW)).isZero();
    bench.cache.free();
    MmuMemoryCache two = new MmuMemoryCache(bench.machine, 1, SMALL.entries(), 40);
    two.topup(40);
    while (two.nobjs() > 2) {
      bench.machine.pages().free(two.alloc());
    }
    // Three would do for all pages of the block at once; two do for the half that was asked for.
    assertThat(bench.pgt.stage2Split(6 * PAGE, 2 * PAGE, two)).isZero();
    assertThat(bench.pgt.getLeaf(4 * PAGE).level()).isEqualTo(2);
    assertThat(bench.pgt.getLeaf(6 * PAGE).level()).isEqualTo(3);
    assertThat(bench.pgt.stage2Split(4 * PAGE, PAGE, two)).isEqualTo(-Errno.ENOMEM);
    assertThat(StageTwoPte.pfn(bench.pte(4))).as("not split, not lost").isEqualTo(0x44);
    bench.checkTables();
  }

  @ParameterizedTest
  @EnumSource(names = {"V5_15", "V6_2"})
  void thereIsNoSplitBeforeV64(Era era) {
    PgtableBench bench = PgtableBench.of(era, SMALL);
    assertThat(bench.map(4, 4, 0x44, RW)).isZero();
    assertThat(bench.pgt.stage2Split(4 * PAGE, PAGE, bench.filled())).isEqualTo(-Errno.EOPNOTSUPP);
    assertThat(bench.pgt.getLeaf(4 * PAGE).level()).isEqualTo(1);
  }

  @ParameterizedTest
  @EachEra
  void aMapThatRunsOutOfTablePagesLeavesNothingLeaked(Era era) {
    PgtableBench bench = PgtableBench.of(era, SMALL);
    bench.machine.pages().failAfter(1);
    MmuMemoryCache one = new MmuMemoryCache(bench.machine, 1, SMALL.entries(), 40);
    assertThat(one.topup(1)).isZero();
    assertThat(bench.pgt.stage2Map(3 * PAGE, PAGE, 0x40 * PAGE, RW, one, 0)).isEqualTo(-Errno.ENOMEM);
    assertThat(bench.pte(3)).isZero();
    bench.pgt.stage2Destroy();
    assertThat(bench.machine.pages().allocated(PageUse.TABLE)).isZero();
  }

  @ParameterizedTest
  @EachEra
  void flushVisitsWriteBackLeavesUnlessTheCpusForceThem(Era era) {
    List<Long> flushed = new ArrayList<>();
    SequentialMachine m = new SequentialMachine(1) {
      @Override
      public void trace(Tracepoint point, long a, long b, long c, long d) {
        if (point == Tracepoint.S2_FLUSH) {
          flushed.addAll(List.of(a, b, c));
        }
      }
    };
    KvmPgtable pgt = with(m, era, 0, (addr, end, prot) -> false);
    MmuMemoryCache cache = new MmuMemoryCache(m, 0, 2, 40);
    cache.topup(40);
    pgt.stage2Map(2 * PAGE, 2 * PAGE, 0x40 * PAGE, RW, cache, 0);
    pgt.stage2Map(5 * PAGE, PAGE, 0x50 * PAGE, RW | PgtableProt.DEVICE, cache, 0);
    pgt.stage2SetOwner(6 * PAGE, PAGE, cache, 1);
    assertThat(pgt.stage2Flush(0, 8 * PAGE)).isZero();
    assertThat(flushed).containsExactly(2L, 0x40L, 2L);
    assertThat(PgtableBench.of(era, SMALL, new CpuFeatures(false, true)).pgt.stage2Flush(0, 9 * PAGE))
        .as("no walk at all").isZero();
  }
}
