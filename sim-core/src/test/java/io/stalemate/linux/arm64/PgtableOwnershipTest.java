package io.stalemate.linux.arm64;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.Errno;
import io.stalemate.linux.kvm.Era;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * Owners and notes in invalid entries, point by point as "KVM: arm64: Use page-table to track page ownership" and the
 * MMIO guard series were reviewed.
 */
final class PgtableOwnershipTest {

  private static final long PAGE = StageTwoGeometry.PAGE_SIZE;
  private static final StageTwoGeometry SMALL = new StageTwoGeometry(3, 1);
  private static final int RW = PgtableProt.R | PgtableProt.W;
  private static final long NOTE = 'M' << 24 | 'M' << 16 | 'I' << 8 | 'O';
  private static final long OWNED = 1 << 2;

  private static PgtableBench bench(Era era) {
    return PgtableBench.of(era, SMALL);
  }

  private static long countOf(PgtableBench bench, long gfn) {
    return bench.mmOps.pageCount(bench.tableOf(gfn, StageTwoGeometry.LAST_LEVEL));
  }

  @ParameterizedTest
  @EachEra
  void ownerIdsStandInBits9To2(Era era) {
    PgtableBench bench = bench(era);
    assertThat(bench.setOwner(3, 1, 1)).isZero();
    assertThat(bench.pgt.getLeaf(3 * PAGE)).isEqualTo(new KvmPgtable.Leaf(OWNED, 3));
    assertThat(StageTwoPte.owner(OWNED)).isEqualTo(1);
  }

  @ParameterizedTest
  @EachEra
  void invalidEntriesThatTellAnOwnerAreCounted(Era era) {
    PgtableBench bench = bench(era);
    assertThat(bench.setOwner(2, 2, 1)).isZero();
    assertThat(countOf(bench, 2)).isEqualTo(3);
    bench.checkTables();
  }

  @ParameterizedTest
  @EachEra
  void theDefaultOwnerIsAnEmptyEntryThatIsNotCounted(Era era) {
    PgtableBench bench = bench(era);
    assertThat(bench.setOwner(2, 2, 1)).isZero();
    assertThat(bench.setOwner(2, 1, 0)).isZero();
    assertThat(bench.pte(2)).isZero();
    assertThat(bench.pte(3)).isEqualTo(OWNED);
    assertThat(countOf(bench, 2)).isEqualTo(2);
    bench.checkTables();
  }

  @ParameterizedTest
  @EachEra
  void ownersAboveTheMaximumAreRefusedAndChangeNothing(Era era) {
    PgtableBench bench = bench(era);
    assertThat(bench.map(2, 1, 0x40, RW)).isZero();
    long pte = bench.pte(2);
    assertThat(bench.setOwner(2, 1, 2)).isEqualTo(-Errno.EINVAL);
    assertThat(bench.setOwner(2, 1, -1)).isEqualTo(-Errno.EINVAL);
    assertThat(bench.pte(2)).isEqualTo(pte);
  }

  @ParameterizedTest
  @EachEra
  void notesNeedNoShiftOfTheCallerAndKeepBit0Clear(Era era) {
    PgtableBench bench = bench(era);
    assertThat(NOTE & 1).isEqualTo(1);
    assertThat(bench.annotate(3, 1, NOTE)).isZero();
    long pte = bench.pte(3);
    assertThat(StageTwoPte.valid(pte)).isFalse();
    assertThat(StageTwoPte.note(pte)).isEqualTo(NOTE);
    assertThat(StageTwoPte.owner(pte)).isZero();
    assertThat(StageTwoPte.locked(pte)).isFalse();
  }

  @ParameterizedTest
  @EachEra
  void notesThatAnEntryHasNoRoomForAreRefused(Era era) {
    PgtableBench bench = bench(era);
    assertThat(bench.annotate(3, 1, StageTwoPte.NOTE_MAX)).isZero();
    assertThat(StageTwoPte.note(bench.pte(3))).isEqualTo(StageTwoPte.NOTE_MAX);
    assertThat(bench.annotate(3, 1, StageTwoPte.NOTE_MAX + 1)).isEqualTo(-Errno.EINVAL);
    assertThat(bench.annotate(3, 1, -1)).isEqualTo(-Errno.EINVAL);
  }

  @ParameterizedTest
  @EachEra
  void anInvalidPhysIsNotAdvancedSoEveryPageGetsTheSameEntry(Era era) {
    PgtableBench bench = bench(era);
    // Advanced by a page, -1 would become an address, and the second page a translation.
    assertThat(bench.setOwner(1, 4, 1)).isZero();
    for (long gfn = 1; gfn <= 4; gfn++) {
      assertThat(bench.pte(gfn)).isEqualTo(OWNED);
    }
  }

  @ParameterizedTest
  @EachEra
  void anInvalidPhysSkipsTheAlignmentCheck(Era era) {
    PgtableBench bench = bench(era);
    StageTwoMap data = StageTwoMap.ofInvalid(OWNED, bench.filled());
    PgtableVisit block = new PgtableVisit(
        bench.mmOps.entry(bench.pgt.pgd(), 0), bench.pgt.pgd(), 0, 0, 0, 8 * PAGE, 2, 0, false);
    StageTwoMap pages = new StageTwoMap(data.phys(), 0, data.memcache(), OWNED, false);
    assertThat(bench.pgt.stage2LeafMappingAllowed(block, pages)).isTrue();
    assertThat(bench.pgt.stage2LeafMappingAllowed(block, new StageTwoMap(PAGE, 0, null, 0, false))).isFalse();
    assertThat(bench.pgt.stage2LeafMappingAllowed(block, data)).as("pages are forced").isFalse();
  }

  @ParameterizedTest
  @EachEra
  void onlyTranslationsAreInvalidatedInTheTlbs(Era era) {
    PgtableBench bench = bench(era);
    bench.setOwner(3, 1, 1);
    assertThat(bench.tlb.invalidations()).as("of an empty entry").isZero();
    bench.annotate(3, 1, NOTE);
    bench.setOwner(3, 1, 0);
    bench.annotate(3, 1, NOTE);
    assertThat(bench.map(3, 1, 0x40, RW)).isZero();
    assertThat(bench.tlb.invalidations()).as("of notes").isZero();
    bench.annotate(3, 1, NOTE);
    assertThat(bench.tlb.invalidations()).as("of a page").isEqualTo(1);
  }

  @ParameterizedTest
  @EachEra
  void putsAndGetsBalanceWhateverReplacesWhatever(Era era) {
    PgtableBench bench = bench(era);
    bench.map(2, 1, 0x40, RW);
    for (int from = 0; from < 4; from++) {
      for (int to = 0; to < 4; to++) {
        become(bench, from);
        become(bench, to);
        assertThat(countOf(bench, 2)).as("%d to %d", from, to).isEqualTo(to == 0 ? 2 : 3);
        bench.checkTables();
      }
    }
  }

  /** The page becomes empty, noted, owned or mapped. */
  private static void become(PgtableBench bench, int what) {
    switch (what) {
      case 0 -> assertThat(bench.setOwner(3, 1, 0)).isZero();
      case 1 -> assertThat(bench.annotate(3, 1, NOTE)).isZero();
      case 2 -> assertThat(bench.setOwner(3, 1, 1)).isZero();
      default -> bench.map(3, 1, 0x51, RW);
    }
  }

  @ParameterizedTest
  @EachEra
  void aNoteOnPartOfABlockDropsTheBlockAndStandsAlone(Era era) {
    PgtableBench bench = bench(era);
    assertThat(bench.map(4, 4, 0x44, RW)).isZero();
    assertThat(bench.pgt.getLeaf(4 * PAGE).level()).isEqualTo(1);
    assertThat(bench.annotate(6, 1, NOTE)).isZero();
    assertThat(bench.pgt.getLeaf(6 * PAGE)).isEqualTo(new KvmPgtable.Leaf(StageTwoPte.noted(NOTE), 3));
    for (long gfn : new long[] {4, 5, 7}) {
      assertThat(bench.pte(gfn)).as("the rest faults in again").isZero();
    }
    bench.checkTables();
  }

  @ParameterizedTest
  @EachEra
  void aNoteOnAWholeBlockIsMadePageByPage(Era era) {
    PgtableBench bench = bench(era);
    assertThat(bench.annotate(4, 4, NOTE)).isZero();
    assertThat(bench.pgt.getLeaf(4 * PAGE).level()).isEqualTo(3);
    // Or the note on the rest would go with the block when one page is mapped.
    assertThat(bench.map(5, 1, 0x51, RW)).isZero();
    for (long gfn : new long[] {4, 6, 7}) {
      assertThat(StageTwoPte.note(bench.pte(gfn))).isEqualTo(NOTE);
    }
  }

  @ParameterizedTest
  @EachEra
  void aBlockOverNotedPagesDropsTheirCountsWithTheTable(Era era) {
    PgtableBench bench = bench(era);
    assertThat(bench.annotate(4, 3, NOTE)).isZero();
    assertThat(bench.map(4, 4, 0x44, RW)).isZero();
    assertThat(bench.pgt.getLeaf(5 * PAGE).level()).isEqualTo(1);
    bench.checkTables();
  }

  @ParameterizedTest
  @EachEra
  void unmapErasesOwnersAndNotesAndFreesTheirTables(Era era) {
    PgtableBench bench = bench(era);
    assertThat(bench.setOwner(2, 1, 1)).isZero();
    assertThat(bench.annotate(3, 1, NOTE)).isZero();
    assertThat(bench.pgt.stage2Unmap(2 * PAGE, 2 * PAGE)).isZero();
    assertThat(bench.mmOps.pageCount(bench.pgt.pgd())).isEqualTo(1);
    bench.checkTables();
  }

  @ParameterizedTest
  @EachEra
  void destroyDropsOwnersAndNotes(Era era) {
    PgtableBench bench = bench(era);
    assertThat(bench.setOwner(1, 3, 1)).isZero();
    assertThat(bench.annotate(6, 2, NOTE)).isZero();
    bench.destroy();
  }

  @ParameterizedTest
  @EachEra
  void attributeWalksPassOverOwners(Era era) {
    PgtableBench bench = bench(era);
    assertThat(bench.setOwner(3, 1, 1)).isZero();
    assertThat(bench.pgt.stage2Wrprotect(3 * PAGE, PAGE)).isZero();
    assertThat(bench.pgt.stage2Age(3 * PAGE, PAGE, true)).isFalse();
    assertThat(bench.pgt.stage2Mkyoung(3 * PAGE, 0)).isZero();
    assertThat(bench.pte(3)).isEqualTo(OWNED);
  }

  @ParameterizedTest
  @EachEra
  void withoutTablePagesAnOwnerIsNotNoted(Era era) {
    PgtableBench bench = bench(era);
    assertThat(bench.pgt.stage2SetOwner(0, PAGE, null, 1)).isEqualTo(-Errno.ENOMEM);
    assertThat(bench.pte(0)).isZero();
    bench.checkTables();
  }
}
