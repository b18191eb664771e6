package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.GMEM_BIND;
import static io.stalemate.machine.Tracepoint.GMEM_FOLIO;
import static io.stalemate.machine.Tracepoint.HOST_PTE;
import static io.stalemate.machine.Tracepoint.SLOT_INSTALL;
import static io.stalemate.machine.Tracepoint.TDP_ROOT;
import static io.stalemate.oracle.Story.SPTE_FROZEN;
import static io.stalemate.oracle.Story.SPTE_LARGE;
import static io.stalemate.oracle.Story.SPTE_WRITE;
import static io.stalemate.oracle.Story.spte;
import static io.stalemate.trace.Op.GUEST_LOAD;
import static io.stalemate.trace.Op.GUEST_STORE;
import static io.stalemate.trace.Op.TLB_FILL;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.PageUse;
import org.junit.jupiter.api.Test;

/** Gfns 0 to 3 are hva pages 10 to 13; gfn 2 is page 6 of guest_memfd 0. Tables of two levels, two entries each. */
class X86StaleTranslationTest {

  private final Story story = new Story(new StaleTranslation(1));
  private final int vcpu = story.task("vcpu0");
  private final int host = story.task("host");
  private final int root = story.by(host).allocTable(0x200, 6);
  private final int child = story.allocTable(0x201, 6);

  X86StaleTranslationTest() {
    story.point(TDP_ROOT, 0x200, 1).setSpte(root + 1, 2, 2, 0, spte(0x201)).alloc(0x101)
        .point(SLOT_INSTALL, 0, 0, 4, 10).point(GMEM_BIND, 0, 0, 4, 4);
  }

  private Story shared() {
    return story.point(HOST_PTE, 12, 0, 0x101, 1).by(vcpu).setSpte(child, 2, 1, 0, spte(0x101) | SPTE_WRITE);
  }

  private Story isPrivate() {
    return story.point(GMEM_FOLIO, 0, 6, 0x101).by(vcpu).setSpte(child, 2, 1, 0, spte(0x101) | SPTE_WRITE)
        .op(TLB_FILL, 1, 2, 0x101, 1, vcpu);
  }

  private Story zapped(Story mapped) {
    return mapped.by(host).setSpte(child, 2, 1, spte(0x101) | SPTE_WRITE, 0);
  }

  @Test
  void acceptsPrivateMemoryThatTheHostMapsNowhere() {
    isPrivate().guest(GUEST_STORE, 2, 0x101, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsAPageThatIsZappedBeforeItIsPunchedOut() {
    zapped(isPrivate()).point(GMEM_FOLIO, 0, 6, 0).free(0x101, PageUse.USER);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAccessToAPageThatWasPunchedOut() {
    zapped(isPrivate()).point(GMEM_FOLIO, 0, 6, 0).by(vcpu).guest(GUEST_LOAD, 2, 0x101, 7);
    assertThat(story.quiet()).containsExactly(
        "guest load from gfn 0x2 reaches pfn 0x101, which is no longer page 0x6 of guest_memfd 0");
  }

  @Test
  void rejectsALeafToAPageThatWasPunchedOut() {
    isPrivate().by(host).point(GMEM_FOLIO, 0, 6, 0);
    assertThat(story.quiet()).containsExactly("TDP leaf left behind: gfn 0x2 still maps pfn 0x101, which is no longer "
        + "page 0x6 of guest_memfd 0");
  }

  @Test
  void rejectsAPageThatIsBoundToAnotherGfn() {
    story.point(GMEM_FOLIO, 0, 5, 0x101).by(vcpu).setSpte(child, 2, 1, 0, spte(0x101)).guest(GUEST_LOAD, 2, 0x101, 7);
    assertThat(story.quiet()).containsExactly("guest load from gfn 0x2 reaches pfn 0x101, which is page 0x5 of "
        + "guest_memfd 0, not page 0x6 of guest_memfd 0");
  }

  @Test
  void acceptsSharedMemoryAsTheHostMapsIt() {
    shared().guest(GUEST_STORE, 2, 0x101, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsSharedMemoryThatTheHostMapsNoMore() {
    shared().by(host).point(HOST_PTE, 12, 0x101, 0, 0);
    assertThat(story.quiet())
        .containsExactly("TDP leaf left behind: gfn 0x2 still maps pfn 0x101, but the host maps nothing");
  }

  @Test
  void aFrozenEntryIsNoLeaf() {
    shared().by(host).setSpte(child, 2, 1, spte(0x101) | SPTE_WRITE, SPTE_FROZEN).point(HOST_PTE, 12, 0x101, 0, 0)
        .free(0x101, PageUse.USER);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void anInvalidRootCountsUntilItIsFreed() {
    shared().by(host).point(TDP_ROOT, 0x200, 2).free(0x101, PageUse.USER);
    assertThat(story.quiet()).containsExactly("pfn 0x101 is freed while a TDP leaf maps gfn 0x2 to it");
  }

  @Test
  void whatHungFromAFreedRootIsGone() {
    shared().by(host).point(TDP_ROOT, 0x200, 0).free(0x101, PageUse.USER);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void looksAtEveryPageOfAHugeLeaf() {
    story.alloc(0x102).alloc(0x103).alloc(0x107).point(HOST_PTE, 12, 0, 0x102, 1).point(HOST_PTE, 13, 0, 0x107, 1)
        .by(vcpu).setSpte(root + 1, 2, 2, spte(0x201), spte(0x102) | SPTE_LARGE);
    assertThat(story.quiet()).containsExactly(
        "TDP leaf left behind: gfn 0x3 still maps pfn 0x103, but the host maps pfn 0x107");
  }
}
