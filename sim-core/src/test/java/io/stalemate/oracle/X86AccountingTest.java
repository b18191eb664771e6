package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.GMEM_FOLIO;
import static io.stalemate.machine.Tracepoint.PAGE_REF;
import static io.stalemate.machine.Tracepoint.TDP_ROOT;
import static io.stalemate.oracle.Story.SPTE_FROZEN;
import static io.stalemate.oracle.Story.spte;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.PageUse;
import io.stalemate.trace.Op;
import org.junit.jupiter.api.Test;

class X86AccountingTest {

  private final Story story = new Story(new Accounting(1));
  private final int vcpu = story.task("vcpu0");
  private final int root = story.by(vcpu).allocTable(0x200, 6);
  private final int child = story.allocTable(0x201, 6);

  X86AccountingTest() {
    story.point(TDP_ROOT, 0x200, 1).setSpte(root, 0, 2, 0, spte(0x201));
  }

  @Test
  void tablesNeedNoReferencesAndOneInACacheIsNotLeaked() {
    story.setSpte(child, 0, 1, 0, spte(0x101));
    story.allocTable(0x202, 6);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsATableThatIsUnlinkedAndNotFreed() {
    story.setSpte(root, 0, 2, spte(0x201), SPTE_FROZEN).setSpte(root, 0, 2, SPTE_FROZEN, 0);
    assertThat(story.quiet()).containsExactly("table page pfn 0x201 is leaked: no root reaches it");
  }

  @Test
  void saysUnderWhichRootALeakedTableWasLinkedAndHowThatWent() {
    story.setSpte(root, 0, 2, spte(0x201), 0).op(Op.PAGE_FREE, child, 0x201, PageUse.TABLE.ordinal())
        .point(TDP_ROOT, 0x200, 2);
    int late = story.allocTable(0x202, 6);
    story.setSpte(root, 0, 2, 0, spte(0x202)).setSpte(late, 0, 1, 0, spte(0x101))
        .point(TDP_ROOT, 0x200, 0).free(0x200, PageUse.TABLE);
    story.allocTable(0x200, 6);
    assertThat(story.ends(Ending.QUIESCENT)).singleElement().satisfies(finding -> {
      assertThat(finding.what()).isEqualTo("table page pfn 0x202 is leaked: no root reaches it");
      assertThat(finding.rule()).isEqualTo("a table is linked only under a root in use, and freed with it");
      assertThat(finding.evidence()).extracting(Evidence::role).containsExactly(
          "TDP map of gfn 0x0 level 2 -> table 0x202", "root pfn 0x200 becomes invalid",
          "root pfn 0x200 is freed", "allocation of pfn 0x202");
    });
  }

  @Test
  void acceptsATableThatIsUnlinkedAndFreed() {
    story.setSpte(root, 0, 2, spte(0x201), 0).free(0x201, PageUse.TABLE);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsATableThatIsReadAfterItWasFreedByAHardwareWalkToo() {
    story.setSpte(root, 0, 2, spte(0x201), 0).op(Op.PAGE_FREE, child, 0x201, PageUse.TABLE.ordinal())
        .op(Op.WALK_BEGIN, 1, 0, 0, 0, 0).op(Op.READ_ONCE, child, 0);
    assertThat(story.quiet()).containsExactly("read of table 0x201[0], a table page that was freed");
  }

  @Test
  void rejectsARootThatIsFreedTwice() {
    story.setSpte(root, 0, 2, spte(0x201), 0).free(0x201, PageUse.TABLE).point(TDP_ROOT, 0x200, 2)
        .point(TDP_ROOT, 0x200, 0).free(0x200, PageUse.TABLE).point(TDP_ROOT, 0x200, 0);
    assertThat(story.quiet()).containsExactly("TDP root pfn 0x200 is freed twice");
  }

  @Test
  void rejectsAnInvalidRootThatNobodyFrees() {
    story.setSpte(root, 0, 2, spte(0x201), 0).free(0x201, PageUse.TABLE).point(TDP_ROOT, 0x200, 2);
    assertThat(story.quiet()).containsExactly("TDP root pfn 0x200 is invalid and nobody frees it");
  }

  @Test
  void acceptsARootThatIsFreedAndTheFrameAsARootAgain() {
    story.setSpte(root, 0, 2, spte(0x201), 0).free(0x201, PageUse.TABLE).point(TDP_ROOT, 0x200, 2)
        .point(TDP_ROOT, 0x200, 0).free(0x200, PageUse.TABLE)
        .op(Op.PAGE_ALLOC, root, 0x200, PageUse.TABLE.ordinal(), 6, 2).point(TDP_ROOT, 0x200, 1);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void aPageInAGuestMemfdHasOneReference() {
    story.alloc(0x101).point(PAGE_REF, 0x101, 2).point(GMEM_FOLIO, 0, 3, 0x101).point(PAGE_REF, 0x101, 1);
    assertThat(story.ends(Ending.QUIESCENT)).isEmpty();
    story.point(PAGE_REF, 0x101, 2);
    assertThat(story.quiet()).containsExactly("pfn 0x101 has a reference count of 2, recounted 1");
  }

  @Test
  void aPageThatWasPunchedOutHasNone() {
    story.alloc(0x101).point(GMEM_FOLIO, 0, 3, 0x101).point(GMEM_FOLIO, 0, 3, 0).point(PAGE_REF, 0x101, 1);
    assertThat(story.quiet()).containsExactly("pfn 0x101 has a reference count of 1, recounted 0");
  }
}
