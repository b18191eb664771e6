package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.HOST_PTE;
import static io.stalemate.machine.Tracepoint.PAGE_MARK;
import static io.stalemate.machine.Tracepoint.PAGE_REF;
import static io.stalemate.machine.Tracepoint.PT_REF;
import static io.stalemate.machine.Tracepoint.S2_ROOT;
import static io.stalemate.oracle.Story.leaf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.stalemate.machine.PageUse;
import io.stalemate.trace.ObjectKind;
import io.stalemate.trace.Op;
import org.junit.jupiter.api.Test;

class AccountingTest {

  private final Story story = new Story(new Accounting(1));
  private final int vcpu = story.task("vcpu0");
  private final int root = story.by(vcpu).allocTable(0x200, 2);
  private final int child = story.allocTable(0x201, 2);

  private Story linked() {
    return story.point(PT_REF, 0x201, 1).point(S2_ROOT, 0, 0x200)
        .setPte(root, 0, 2, 0, Story.table(0x201)).point(PT_REF, 0x200, 2);
  }

  @Test
  void acceptsOneReferenceForEachEntry() {
    linked().setPte(child, 0, 0, leaf(0x101)).point(PT_REF, 0x201, 2)
        .setPte(child + 1, 1, 0, leaf(0x102)).point(PT_REF, 0x201, 3)
        .setPte(child, 0, leaf(0x101), 0).point(PT_REF, 0x201, 2);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void countsNotesButNotLockedEntries() {
    linked().setPte(child, 0, 0, 5 << 2).point(PT_REF, 0x201, 2).setPte(child + 1, 1, 0, 1 << 10);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAnEntryCountedTwice() {
    linked().setPte(child, 0, 0, leaf(0x101)).point(PT_REF, 0x201, 2).point(PT_REF, 0x201, 3);
    assertThat(story.quiet()).containsExactly("table page pfn 0x201 has a count of 3, recounted 2");
  }

  @Test
  void rejectsATableThatNoRootReaches() {
    linked().setPte(root, 0, 2, Story.table(0x201), 0).point(PT_REF, 0x200, 1);
    assertThat(story.quiet()).containsExactly("table page pfn 0x201 is leaked: no root reaches it");
  }

  @Test
  void acceptsAPageThatWaitsInAMemoryCache() {
    linked().allocTable(0x202, 2);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsATableThatWasFreed() {
    linked().setPte(root, 0, 2, Story.table(0x201), 0).point(PT_REF, 0x200, 1).point(PT_REF, 0x201, 0)
        .op(Op.PAGE_FREE, child, 0x201, PageUse.TABLE.ordinal());
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAStoreToAFreedTable() {
    linked().setPte(root, 0, 2, Story.table(0x201), 0).point(PT_REF, 0x200, 1).point(PT_REF, 0x201, 0)
        .op(Op.PAGE_FREE, child, 0x201, PageUse.TABLE.ordinal()).op(Op.WRITE_ONCE, child + 1, 1);
    assertThat(story.ends(Ending.QUIESCENT)).singleElement().satisfies(finding -> {
      assertThat(finding.what()).isEqualTo("store to table 0x201[1], a table page that was freed");
      assertThat(finding.evidence()).extracting(Evidence::role)
          .containsExactly("store to table 0x201[1]", "free of pfn 0x201");
    });
  }

  @Test
  void acceptsAStoreToATableInItsNextLife() {
    linked().op(Op.PAGE_FREE, child, 0x201, PageUse.TABLE.ordinal())
        .op(Op.PAGE_ALLOC, child, 0x201, PageUse.TABLE.ordinal(), 2, 2).op(Op.WRITE_ONCE, child + 1, 1);
    assertThat(story.ends(Ending.BOUND)).isEmpty();
  }

  @Test
  void rejectsUnderflowAtOnce() {
    story.point(PT_REF, 0x201, -1);
    assertThat(story.ends(Ending.BOUND)).extracting(Finding::what, Finding::severity).containsExactly(
        tuple("reference count of pfn 0x201 drops to -1", Severity.CORRUPTION));
  }

  @Test
  void rejectsAReferenceToAFreePage() {
    story.alloc(0x101).point(PAGE_REF, 0x101, 0).free(0x101, PageUse.USER).point(PAGE_REF, 0x101, 1);
    assertThat(story.ends(Ending.BOUND)).extracting(Finding::what)
        .containsExactly("reference to pfn 0x101, which is free");
  }

  @Test
  void rejectsASecondFree() {
    story.alloc(0x101).free(0x101, PageUse.USER).free(0x101, PageUse.USER);
    assertThat(story.ends(Ending.BOUND)).extracting(Finding::what).containsExactly("pfn 0x101 is freed twice");
  }

  @Test
  void rejectsAFreeWithReferencesLeft() {
    story.alloc(0x101).point(PAGE_REF, 0x101, 2).free(0x101, PageUse.USER);
    assertThat(story.ends(Ending.BOUND)).extracting(Finding::what)
        .containsExactly("pfn 0x101 is freed with a reference count of 2");
  }

  @Test
  void countsMappingsAndCachesOfAPage() {
    int cache = story.object(ObjectKind.WORD, "i_pages");
    linked().alloc(0x101).point(HOST_PTE, 3, 0, 0x101, 1).point(HOST_PTE, 4, 0, 0x101, 1).point(PAGE_REF, 0x101, 2);
    story.point(PT_REF, 0x201, 1);
    assertThat(story.quiet()).isEmpty();
    story.point(PAGE_REF, 0x101, 3).op(Op.WRITE_ONCE, cache, 0x101);
    assertThat(story.quiet()).isEmpty();
    story.op(Op.WRITE_ONCE, cache, 0);
    assertThat(story.quiet()).containsExactly("pfn 0x101 has a reference count of 3, recounted 2");
  }

  @Test
  void rejectsACachedPageWithoutTheCachesReference() {
    int cache = story.object(ObjectKind.WORD, "i_pages");
    linked().point(PT_REF, 0x201, 1).alloc(0x101).op(Op.WRITE_ONCE, cache, 0x101)
        .point(HOST_PTE, 3, 0, 0x101, 1).point(PAGE_REF, 0x101, 1);
    assertThat(story.quiet()).containsExactly("pfn 0x101 has a reference count of 1, recounted 2");
  }

  @Test
  void aLostCompareAndExchangeCachesNothing() {
    int cache = story.object(ObjectKind.WORD, "i_pages");
    linked().point(PT_REF, 0x201, 1).alloc(0x101).op(Op.CMPXCHG, cache, 0x101, 0x101, 0)
        .point(HOST_PTE, 3, 0, 0x101, 1).point(PAGE_REF, 0x101, 1);
    assertThat(story.quiet()).isEmpty();
  }

  private Story freed() {
    return linked().setPte(root, 0, 2, Story.table(0x201), 0).point(PT_REF, 0x200, 1).point(PT_REF, 0x201, 0)
        .op(Op.PAGE_FREE, child, 0x201, PageUse.TABLE.ordinal());
  }

  @Test
  void rejectsAReadOfAFreedPageOfTheKernels() {
    int page = story.object(ObjectKind.WORD, "kernel 0x300[0]");
    linked().point(PT_REF, 0x201, 1).op(Op.PAGE_ALLOC, page, 0x300, PageUse.KERNEL.ordinal(), 1)
        .op(Op.READ_ONCE, page, 0).op(Op.PAGE_FREE, page, 0x300, PageUse.KERNEL.ordinal()).op(Op.READ_ONCE, page, 0);
    assertThat(story.quiet()).containsExactly("read of kernel 0x300[0], which was freed");
  }

  @Test
  void rejectsAReadOfAFreedTable() {
    freed().op(Op.READ_ONCE, child + 1, 0);
    assertThat(story.quiet()).containsExactly("read of table 0x201[1], a table page that was freed");
  }

  @Test
  void acceptsAReadOfAFreedTableByAHardwareWalkThatWasCancelled() {
    freed().op(Op.WALK_BEGIN, 1, 0).op(Op.READ_ONCE, child + 1, 0).op(Op.WALK_AGAIN, 1, 0);
    assertThat(story.quiet()).isEmpty();
    story.op(Op.READ_ONCE, child + 1, 0);
    assertThat(story.quiet()).hasSize(1);
  }

  @Test
  void rejectsAMarkOnAFreePage() {
    story.alloc(0x101).point(PAGE_REF, 0x101, 0).point(PAGE_MARK, 0x101, 1).free(0x101, PageUse.USER)
        .point(PAGE_MARK, 0x101, 0);
    assertThat(story.ends(Ending.BOUND)).extracting(Finding::what)
        .containsExactly("pfn 0x101 is marked accessed, but it is free");
  }

  @Test
  void rejectsAPageWithMoreMappingsThanReferences() {
    linked().alloc(0x101).point(HOST_PTE, 3, 0, 0x101, 1).point(HOST_PTE, 4, 0, 0x101, 1).point(PAGE_REF, 0x101, 1);
    assertThat(story.quiet()).containsExactly("pfn 0x101 has a reference count of 1, recounted 2");
  }
}
