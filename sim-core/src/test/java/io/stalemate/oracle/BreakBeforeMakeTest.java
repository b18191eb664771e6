package io.stalemate.oracle;

import static io.stalemate.oracle.Story.VALID;
import static io.stalemate.oracle.Story.WRITE;
import static io.stalemate.oracle.Story.leaf;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.PageUse;
import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BreakBeforeMakeTest {

  private static final long LEVEL_3 = 3L << 32;

  private final Story story = new Story(new BreakBeforeMake(1));
  private final int vcpu = story.task("vcpu0");
  private final int other = story.task("vcpu1");
  private final int word = story.word("s2");

  private Story broken() {
    return story.by(vcpu).setPte(word, 2, 0, leaf(0x101)).setPte(word, 2, leaf(0x101), 0);
  }

  private Story remade() {
    return story.by(vcpu).setPte(word, 2, 0, leaf(0x102));
  }

  @Test
  void acceptsBreakInvalidateMake() {
    broken().op(Op.TLBI_IPA, 0, 0, 0x2000, 3).op(Op.DSB, 0);
    remade();
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsAnInvalidationOfTheWholeVm() {
    broken().op(Op.TLBI_VMID, 0, 0).op(Op.DSB, 0);
    remade();
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsTheSameTranslationAgain() {
    broken().by(other).setPte(word, 2, 0, leaf(0x101) | WRITE);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void aBarrierTakesWhatAWalkFilledInAfterItsInvalidation() {
    story.by(vcpu).op(Op.WALK_BEGIN, 0, 2).by(other).op(Op.TLBI_IPA, 0, 0, 0x2000, 3)
        .by(vcpu).op(Op.TLB_FILL, 1, 2, 0x101, 1, LEVEL_3).by(other).op(Op.DSB, 0)
        .by(vcpu).op(Op.WALK_BEGIN, 0, 2).op(Op.TLB_FILL, 1, 2, 0x102, 1, LEVEL_3);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void aBarrierThatCameBeforeTheFillDoesNot() {
    story.by(other).op(Op.TLBI_IPA, 0, 0, 0x2000, 3).op(Op.DSB, 0).by(vcpu).op(Op.WALK_BEGIN, 0, 2)
        .op(Op.TLB_FILL, 1, 2, 0x101, 1, LEVEL_3).by(other).op(Op.DSB, 0)
        .by(vcpu).op(Op.TLB_FILL, 1, 2, 0x102, 1, LEVEL_3);
    assertThat(story.quiet()).hasSize(1);
  }

  @Test
  void acceptsPermissionsAccessFlagAndSoftwareBits() {
    story.by(vcpu).setPte(word, 2, 0, leaf(0x101))
        .setPte(word, 2, leaf(0x101), leaf(0x101) | WRITE | 1 << 10 | 1L << 55);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAChangeOfOutputInPlace() {
    story.by(vcpu).setPte(word, 2, 0, leaf(0x101)).setPte(word, 2, leaf(0x101), leaf(0x102));
    assertThat(story.quiet()).containsExactly("stage-2 entry of gfn 0x2 level 3 changes from pfn 0x101 to pfn 0x102"
        + " without being invalid in between");
  }

  @Test
  void rejectsATableInPlaceOfABlock() {
    long block = 0x102L << 12 | VALID;
    story.by(vcpu).setPte(word, 2, 2, 0, block).setPte(word, 2, 2, block, Story.table(0x102));
    assertThat(story.quiet()).containsExactly("stage-2 entry of gfn 0x2 level 2 changes from pfn 0x102 to table 0x102"
        + " without being invalid in between");
  }

  private void rejectsMissingInvalidation() {
    remade();
    assertThat(story.quiet()).containsExactly("stage-2 entry of gfn 0x2 level 3 becomes pfn 0x102 before pfn 0x101 was"
        + " invalidated in the TLBs");
  }

  @Test
  void rejectsNoInvalidation() {
    broken();
    rejectsMissingInvalidation();
  }

  @Test
  void rejectsAnInvalidationWithoutBarrier() {
    broken().op(Op.TLBI_IPA, 0, 0, 0x2000, 3);
    rejectsMissingInvalidation();
  }

  @Test
  void rejectsTheBarrierOfAnotherTask() {
    broken().op(Op.TLBI_IPA, 0, 0, 0x2000, 3).by(other).op(Op.DSB, 0);
    rejectsMissingInvalidation();
  }

  @Test
  void rejectsAnInvalidationAheadOfTheBreak() {
    story.by(vcpu).setPte(word, 2, 0, leaf(0x101)).op(Op.TLBI_IPA, 0, 0, 0x2000, 3)
        .setPte(word, 2, leaf(0x101), 0).op(Op.DSB, 0);
    rejectsMissingInvalidation();
  }

  @Test
  void rejectsAnInvalidationOfThisCpuOnly() {
    broken().op(Op.TLBI_IPA_LOCAL, 0, 0, 0x2000, 3).op(Op.DSB, 0);
    rejectsMissingInvalidation();
  }

  private Story blockBroken() {
    long block = 0x102L << 12 | VALID;
    return story.by(vcpu).setPte(word, 2, 2, 0, block).setPte(word, 2, 2, block, 0);
  }

  private Story remadeAsTable() {
    return story.setPte(word, 2, 2, 0, Story.table(0x201));
  }

  @Test
  void acceptsARangeThatMeetsABlock() {
    blockBroken().op(Op.TLBI_RANGE, 0, 0, 0x3000, 2).op(Op.DSB, 0);
    remadeAsTable();
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsARangeBesideABlock() {
    blockBroken().op(Op.TLBI_RANGE, 0, 0, 0x4000, 2).op(Op.TLBI_RANGE, 0, 0, 0x0000, 2).op(Op.DSB, 0);
    remadeAsTable();
    assertThat(story.quiet()).containsExactly("stage-2 entry of gfn 0x2 level 2 becomes table 0x201 before pfn 0x102"
        + " was invalidated in the TLBs");
  }

  @Test
  void rejectsARangeOverPartOfATable() {
    tableCleared().op(Op.TLBI_RANGE, 0, 0, 0x3000, 2).op(Op.DSB, 0);
    rejectsTheFree();
  }

  @Test
  void acceptsARangeOverATable() {
    tableCleared().op(Op.TLBI_RANGE, 0, 0, 0x2000, 2).op(Op.DSB, 0).free(0x201, PageUse.TABLE);
    assertThat(story.quiet()).isEmpty();
  }

  /** The last-level table of VMID 7, below its root; yields the word of gfn 2. */
  private int tableOfVmid7() {
    story.by(vcpu);
    int root = story.allocTable(0x200, 2);
    story.point(Tracepoint.S2_ROOT, 7, 0x200);
    int table = story.allocTable(0x201, 2);
    story.setPte(root + 1, 2, 2, 0, Story.table(0x201));
    return table;
  }

  private Story brokenOfVmid7(int entry, Op tlbi, long vmid) {
    return story.setPte(entry, 2, 0, leaf(0x101)).setPte(entry, 2, leaf(0x101), 0)
        .op(tlbi, 0, vmid, 0x2000, tlbi == Op.TLBI_RANGE ? 1 : 3).op(Op.DSB, 0).setPte(entry, 2, 0, leaf(0x102));
  }

  @ParameterizedTest
  @EnumSource(value = Op.class, names = {"TLBI_IPA", "TLBI_RANGE", "TLBI_VMID"})
  void anInvalidationCountsForItsVmidOnly(Op tlbi) {
    brokenOfVmid7(tableOfVmid7(), tlbi, 7);
    assertThat(story.quiet()).isEmpty();
    BreakBeforeMakeTest elsewhere = new BreakBeforeMakeTest();
    elsewhere.brokenOfVmid7(elsewhere.tableOfVmid7(), tlbi, 6);
    assertThat(elsewhere.story.quiet()).containsExactly("stage-2 entry of gfn 0x2 level 3 becomes pfn 0x102 before pfn"
        + " 0x101 was invalidated in the TLBs");
  }

  @Test
  void aTableThatWasUnlinkedStaysOfItsVmid() {
    int entry = tableOfVmid7();
    story.setPte(entry - 1, 2, 2, Story.table(0x201), 0).point(Tracepoint.S2_ROOT, 7, 0);
    brokenOfVmid7(entry, Op.TLBI_VMID, 6);
    assertThat(story.quiet()).hasSize(1);
  }

  @Test
  void rejectsAWrongLevelHint() {
    broken().op(Op.TLBI_IPA, 0, 0, 0x2000, 2).op(Op.DSB, 0);
    rejectsMissingInvalidation();
  }

  @Test
  void rejectsALevelHintForATable() {
    story.by(vcpu).setPte(word, 2, 2, 0, Story.table(0x201)).setPte(word, 2, 2, Story.table(0x201), 0)
        .op(Op.TLBI_IPA, 0, 0, 0x2000, 2).op(Op.DSB, 0).setPte(word, 2, 2, 0, 0x102L << 12 | VALID);
    assertThat(story.quiet()).containsExactly("stage-2 entry of gfn 0x2 level 2 becomes pfn 0x102 before table 0x201"
        + " was invalidated in the TLBs");
  }

  private Story tableCleared() {
    return story.by(vcpu).setPte(word, 2, 2, 0, Story.table(0x201)).setPte(word, 2, 2, Story.table(0x201), 0);
  }

  @Test
  void acceptsATableFreedAfterItsInvalidation() {
    tableCleared().op(Op.TLBI_IPA, 0, 0, 0x2000, -1).op(Op.DSB, 0).free(0x201, PageUse.TABLE);
    assertThat(story.quiet()).isEmpty();
  }

  private void rejectsTheFree() {
    story.free(0x201, PageUse.TABLE);
    assertThat(story.quiet()).containsExactly("table page pfn 0x201 is freed before the entry of gfn 0x2 level 2 that"
        + " pointed to it was invalidated");
  }

  @Test
  void rejectsATableFreedWithoutInvalidation() {
    tableCleared();
    rejectsTheFree();
  }

  @Test
  void rejectsATableFreedAfterAnInvalidationOfItsLevelOnly() {
    tableCleared().op(Op.TLBI_IPA, 0, 0, 0x2000, 2).op(Op.DSB, 0);
    rejectsTheFree();
  }

  @Test
  void rejectsATableFreedBeforeTheBarrier() {
    tableCleared().op(Op.TLBI_IPA, 0, 0, 0x2000, -1);
    rejectsTheFree();
  }

  private Story invalidated() {
    return broken().op(Op.TLBI_IPA, 0, 0, 0x2000, 3).op(Op.DSB, 0);
  }

  @Test
  void rejectsALeafBrokenOnlyToBeMadeAgain() {
    invalidated().setPte(word, 2, 0, leaf(0x101));
    assertThat(story.quiet()).containsExactly("stage-2 entry of gfn 0x2 level 3 is broken and becomes pfn 0x101 again");
  }

  @Test
  void rejectsALeafBrokenForAPermission() {
    invalidated().setPte(word, 2, 0, leaf(0x101) | WRITE);
    assertThat(story.quiet()).containsExactly("stage-2 entry of gfn 0x2 level 3 is broken and becomes pfn 0x101 again"
        + " with other permissions");
  }

  @Test
  void acceptsALeafMadeAgainBySomebodyElse() {
    invalidated().by(other).setPte(word, 2, 0, leaf(0x101));
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsALeafMadeAgainInAnotherCriticalSection() {
    invalidated().op(Op.WRITE_UNLOCK, 1).setPte(word, 2, 0, leaf(0x101));
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsALeafMadeAgainYoung() {
    invalidated().setPte(word, 2, 0, leaf(0x101) | 1 << 10);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsConflictingCachedTranslations() {
    story.by(vcpu).op(Op.TLB_FILL, 1, 2, 0x102, 2, 0 | 2L << 32).by(other).op(Op.TLB_FILL, 1, 3, 0x107, 1, 1 | LEVEL_3);
    assertThat(story.quiet()).containsExactly("two translations of gfn 0x3 are cached: pfn 0x107 and one of pfn 0x102");
  }

  @Test
  void acceptsAFillAfterTheOldOneWasInvalidated() {
    story.by(vcpu).op(Op.TLB_FILL, 1, 2, 0x101, 1, LEVEL_3).op(Op.TLBI_IPA, 0, 0, 0x2000, 3).op(Op.DSB, 0)
        .op(Op.TLB_FILL, 1, 2, 0x102, 1, LEVEL_3);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsTheSameTranslationAsPageAndBlock() {
    story.by(vcpu).op(Op.TLB_FILL, 1, 2, 0x102, 2, 2L << 32).by(other).op(Op.TLB_FILL, 1, 3, 0x103, 1, 1 | LEVEL_3);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsTwoVmsWithOneGfn() {
    story.by(vcpu).op(Op.TLB_FILL, 1, 2, 0x102, 1, LEVEL_3).op(Op.TLB_FILL, 1, 2, 0x103, 1, LEVEL_3 | 1 << 16);
    assertThat(story.quiet()).isEmpty();
  }
}
