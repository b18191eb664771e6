package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.HOST_PTE;
import static io.stalemate.machine.Tracepoint.NOTIFIER_END;
import static io.stalemate.machine.Tracepoint.NOTIFIER_START;
import static io.stalemate.machine.Tracepoint.SLOT_GONE;
import static io.stalemate.machine.Tracepoint.SLOT_INSTALL;
import static io.stalemate.machine.Tracepoint.SLOT_INVALID;
import static io.stalemate.machine.Tracepoint.S2_ROOT;
import static io.stalemate.oracle.Story.WRITE;
import static io.stalemate.oracle.Story.leaf;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.PageUse;
import io.stalemate.trace.Op;
import org.junit.jupiter.api.Test;

class StaleTranslationTest {

  private static final long BLOCK = 0x400L << 12 | Story.VALID | WRITE;

  private final Story story = new Story(new StaleTranslation(1));
  private final int vcpu = story.task("vcpu0");
  private final int host = story.task("host");
  private final int word = story.word("s2");
  private final Story large = new Story(new StaleTranslation(9));
  private final int largeVcpu = large.task("vcpu0");
  private final int largeHost = large.task("host");
  private final int largeWord = large.word("s2");

  /** Gfn 2 is hva page 12, which the host maps to pfn 0x101, and the guest's translation is in place. */
  private Story mapped() {
    return story.by(host).alloc(0x101).point(SLOT_INSTALL, 0, 0, 4, 10).point(HOST_PTE, 12, 0, 0x101, 1)
        .by(vcpu).setPte(word, 2, 0, leaf(0x101) | WRITE).op(Op.TLB_FILL, 1, 2, 0x101, 1, vcpu);
  }

  private Story unmapped() {
    return mapped().by(host).point(NOTIFIER_START, 12, 13).setPte(word, 2, leaf(0x101), 0);
  }

  @Test
  void acceptsAccessToWhatTheHostMaps() {
    mapped().guest(Op.GUEST_STORE, 2, 0x101, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsAnInvalidationThatUnmapsFirst() {
    unmapped().point(HOST_PTE, 12, 0x101, 0, 0).point(NOTIFIER_END, 12, 13).free(0x101, PageUse.USER);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsFreeUnderALiveLeaf() {
    mapped().by(host).point(HOST_PTE, 12, 0x101, 0, 0).free(0x101, PageUse.USER);
    assertThat(story.quiet()).containsExactly("pfn 0x101 is freed while a stage-2 leaf maps gfn 0x2 to it");
  }

  @Test
  void rejectsALeafToAFreeFrame() {
    story.by(host).alloc(0x101).free(0x101, PageUse.USER).by(vcpu).setPte(word, 2, 0, leaf(0x101));
    assertThat(story.ends(Ending.BOUND)).singleElement().satisfies(finding -> {
      assertThat(finding.what()).isEqualTo("stage-2 leaf for gfn 0x2 maps pfn 0x101, which is free");
      assertThat(finding.evidence()).containsExactly(
          new Evidence(3, "stage-2 map of gfn 0x2 level 3 -> pfn 0x101"), new Evidence(1, "free of pfn 0x101"));
      assertThat(finding.severity()).isEqualTo(Severity.CORRUPTION);
    });
  }

  @Test
  void rejectsAccessToAFreedFrame() {
    unmapped().free(0x101, PageUse.USER).by(vcpu).guest(Op.GUEST_LOAD, 2, 0x101, 7);
    assertThat(story.quiet()).containsExactly("guest load from gfn 0x2 reaches pfn 0x101, which is free");
  }

  @Test
  void rejectsAccessToAFrameInItsNextLife() {
    unmapped().free(0x101, PageUse.USER).alloc(0x101).by(vcpu).guest(Op.GUEST_LOAD, 2, 0x101, 7);
    assertThat(story.quiet())
        .containsExactly("guest load from gfn 0x2 reaches pfn 0x101, which was freed and handed out again");
  }

  /** A block of 512 pages: gfn 0x200 is hva page 0x300 and pfn 0x400. */
  private Story block() {
    return large.by(largeHost).alloc(0x4f0).point(SLOT_INSTALL, 0, 0x200, 0x200, 0x300).by(largeVcpu)
        .setPte(largeWord, 0x200, 2, 0, BLOCK).op(Op.TLB_FILL, 1, 0x200, 0x400, 0x200, largeVcpu);
  }

  @Test
  void acceptsALargeBlockThatTheHostMapsAlike() {
    block().by(largeHost).point(HOST_PTE, 0x3f0, 0, 0x4f0, 1)
        .by(largeVcpu).guest(Op.GUEST_LOAD, 0x2f0, 0x4f0, 7);
    assertThat(large.quiet()).isEmpty();
  }

  @Test
  void rejectsALargeBlockOverAFreeFrame() {
    large.by(largeHost).alloc(0x4f0).free(0x4f0, PageUse.USER)
        .by(largeVcpu).setPte(largeWord, 0x200, 2, 0, BLOCK);
    assertThat(large.ends(Ending.BOUND)).extracting(Finding::what)
        .containsExactly("stage-2 leaf for gfn 0x2f0 maps pfn 0x4f0, which is free");
  }

  @Test
  void rejectsALargeBlockLeftBehindAfterOneOfItsPagesMoved() {
    block().by(largeHost).point(HOST_PTE, 0x3f0, 0x4f0, 0x500, 1);
    assertThat(large.quiet()).containsExactly(
        "stage-2 leaf left behind: gfn 0x2f0 still maps pfn 0x4f0, but the host maps pfn 0x500");
  }

  @Test
  void rejectsAnAccessThroughALargeBlockToAFrameInItsNextLife() {
    block().setPte(largeWord, 0x200, 2, BLOCK, 0)
        .by(largeHost).free(0x4f0, PageUse.USER).alloc(0x4f0).by(largeVcpu).guest(Op.GUEST_LOAD, 0x2f0, 0x4f0, 7);
    assertThat(large.quiet())
        .containsExactly("guest load from gfn 0x2f0 reaches pfn 0x4f0, which was freed and handed out again");
  }

  @Test
  void rejectsAccessToWhatTheHostMapsNoMore() {
    unmapped().alloc(0x102).point(HOST_PTE, 12, 0x101, 0x102, 1).by(vcpu).guest(Op.GUEST_STORE, 2, 0x101, 7);
    assertThat(story.quiet())
        .containsExactly("guest store to gfn 0x2 reaches pfn 0x101, but the host maps pfn 0x102");
  }

  @Test
  void rejectsAStoreToWhatTheHostMapsReadOnly() {
    mapped().by(host).point(HOST_PTE, 12, 0x101, 0x101, 0).by(vcpu).guest(Op.GUEST_STORE, 2, 0x101, 7);
    assertThat(story.quiet()).containsExactly(
        "guest store to gfn 0x2 reaches pfn 0x101, which the host maps read-only (copy on write)");
  }

  @Test
  void acceptsALoadOfWhatTheHostMapsReadOnly() {
    unmapped().point(HOST_PTE, 12, 0x101, 0x101, 0).point(NOTIFIER_END, 12, 13)
        .by(vcpu).setPte(word, 2, 0, leaf(0x101)).guest(Op.GUEST_LOAD, 2, 0x101, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsChangePteAheadOfTheHostsOwnEntry() {
    unmapped().alloc(0x102).point(HOST_PTE, 12, 0x101, 0, 0).setPte(word, 2, 0, leaf(0x102))
        .by(vcpu).op(Op.TLB_FILL, 1, 2, 0x102, 1, vcpu).guest(Op.GUEST_LOAD, 2, 0x102, 7)
        .by(host).point(HOST_PTE, 12, 0, 0x102, 0).point(NOTIFIER_END, 12, 13);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAccessAfterTheSlotIsGoneButNotBefore() {
    mapped().by(host).point(SLOT_INVALID, 0, 0, 4, 10).by(vcpu).guest(Op.GUEST_LOAD, 2, 0x101, 7)
        .by(host).setPte(word, 2, leaf(0x101), 0).point(SLOT_GONE, 0, 0, 4, 10);
    assertThat(story.ends(Ending.QUIESCENT)).isEmpty();
    story.by(vcpu).guest(Op.GUEST_LOAD, 2, 0x101, 7);
    assertThat(story.quiet())
        .containsExactly("guest load from gfn 0x2 reaches pfn 0x101 after its memslot was deleted");
  }

  @Test
  void rejectsALeafLeftBehind() {
    mapped().by(host).alloc(0x102).point(HOST_PTE, 12, 0x101, 0x102, 1);
    assertThat(story.quiet()).containsExactly(
        "stage-2 leaf left behind: gfn 0x2 still maps pfn 0x101, but the host maps pfn 0x102");
  }

  @Test
  void rejectsAWritableLeafLeftBehind() {
    mapped().by(host).point(HOST_PTE, 12, 0x101, 0x101, 0);
    assertThat(story.quiet()).containsExactly(
        "stage-2 leaf left behind: gfn 0x2 still maps pfn 0x101 writable, but the host maps it read-only");
  }

  @Test
  void looksAtEveryPageOfABlock() {
    story.by(host).alloc(0x102).alloc(0x103).alloc(0x107)
        .point(HOST_PTE, 2, 0, 0x102, 1).point(HOST_PTE, 3, 0, 0x107, 1)
        .by(vcpu).setPte(word, 2, 2, 0, 0x102L << 12 | Story.VALID);
    assertThat(story.quiet()).containsExactly(
        "stage-2 leaf left behind: gfn 0x3 still maps pfn 0x103, but the host maps pfn 0x107");
  }

  @Test
  void acceptsLeavesOfAnUnlinkedTable() {
    int root = story.allocTable(0x200, 2);
    int child = story.allocTable(0x201, 2);
    story.point(S2_ROOT, 0, 0x200);
    mapped().setPte(root, 0, 2, 0, Story.table(0x201)).setPte(child, 0, 0, leaf(0x101));
    story.point(HOST_PTE, 10, 0, 0x101, 1).setPte(word, 2, leaf(0x101), 0)
        .setPte(root, 0, 2, Story.table(0x201), 0).point(HOST_PTE, 10, 0x101, 0, 0)
        .point(HOST_PTE, 12, 0x101, 0, 0).free(0x101, PageUse.USER);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void theYardstickHasNoSlots() {
    story.by(host).alloc(0x101).point(HOST_PTE, 1, 0, 0x101, 1).by(vcpu).setPte(word, 1, 0, leaf(0x101))
        .by(host).alloc(0x102).point(HOST_PTE, 1, 0x101, 0x102, 1).free(0x101, PageUse.USER);
    assertThat(story.quiet()).containsExactly("pfn 0x101 is freed while a stage-2 leaf maps gfn 0x1 to it");
  }
}
