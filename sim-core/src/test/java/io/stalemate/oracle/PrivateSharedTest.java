package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.CREATE_VM;
import static io.stalemate.machine.Tracepoint.FAULT_SEQ;
import static io.stalemate.machine.Tracepoint.GMEM_FOLIO;
import static io.stalemate.machine.Tracepoint.MEM_ATTR;
import static io.stalemate.machine.Tracepoint.PRIVATE_CHECK;
import static io.stalemate.machine.Tracepoint.TDP_ROOT;
import static io.stalemate.machine.Tracepoint.X86_FAULT_RET;
import static io.stalemate.oracle.Story.SPTE_LARGE;
import static io.stalemate.oracle.Story.spte;
import static io.stalemate.trace.Op.GUEST_LOAD;
import static io.stalemate.trace.Op.GUEST_STORE;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.trace.Op;
import org.junit.jupiter.api.Test;

/** Frame 0x101 is page 2 of guest_memfd 0; frames 0x102 and 0x103 are the host's. */
class PrivateSharedTest {

  private static final long PRIVATE = 8;

  private final Story story = new Story(new PrivateShared(1));
  private final int vcpu = story.task("vcpu0");
  private final int ioctl = story.task("attrs0");
  private final int root = story.by(ioctl).allocTable(0x200, 6);
  private final int child = story.allocTable(0x201, 6);

  PrivateSharedTest() {
    story.point(TDP_ROOT, 0x200, 1).setSpte(root + 1, 2, 2, 0, spte(0x201))
        .alloc(0x101).alloc(0x102).alloc(0x103).point(GMEM_FOLIO, 0, 2, 0x101);
  }

  @Test
  void acceptsAConversionThatZapsFirst() {
    story.by(vcpu).setSpte(child, 2, 1, 0, spte(0x102)).guest(GUEST_STORE, 2, 0x102, 7)
        .by(ioctl).setSpte(child, 2, 1, spte(0x102), 0).point(MEM_ATTR, 2, PRIVATE)
        .by(vcpu).setSpte(child, 2, 1, 0, spte(0x101)).guest(GUEST_STORE, 2, 0x101, 8);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsSharedMemoryBehindAPrivateGfn() {
    story.by(ioctl).point(MEM_ATTR, 2, PRIVATE).by(vcpu).setSpte(child, 2, 1, 0, spte(0x102))
        .guest(GUEST_STORE, 2, 0x102, 7);
    assertThat(story.ends(Ending.BOUND)).singleElement().satisfies(finding -> {
      assertThat(finding.what())
          .isEqualTo("guest store to gfn 0x2 reaches shared memory (pfn 0x102), but the gfn is private");
      assertThat(finding.severity()).isEqualTo(Severity.CORRUPTION);
      assertThat(finding.evidence()).containsExactly(new Evidence(11, "TDP map of gfn 0x2 level 1 -> pfn 0x102"),
          new Evidence(9, "gfn 0x2 becomes private"), new Evidence(13, "guest access to gfn 0x2"));
    });
  }

  @Test
  void saysHowTheFaultThatMappedItLookedAtTheAttribute() {
    story.by(vcpu).point(FAULT_SEQ, 2, 3).point(PRIVATE_CHECK, 2, 1, 1).point(X86_FAULT_RET, 0, 0, 0, 1)
        .point(PRIVATE_CHECK, 2, 0, 0).by(ioctl).point(MEM_ATTR, 2, PRIVATE)
        .by(vcpu).point(FAULT_SEQ, 2, 4).setSpte(child, 2, 1, 0, spte(0x102)).guest(GUEST_STORE, 2, 0x102, 7);
    assertThat(story.ends(Ending.BOUND)).singleElement().satisfies(finding -> assertThat(finding.evidence())
        .extracting(Evidence::role).containsExactly("TDP map of gfn 0x2 level 1 -> pfn 0x102",
            "gfn 0x2 becomes private", "the fault finds gfn 0x2 shared", "the fault samples mmu_invalidate_seq",
            "guest access to gfn 0x2"));
  }

  @Test
  void leavesOutWhatAnEarlierFaultLookedAt() {
    story.by(vcpu).point(PRIVATE_CHECK, 2, 1, 1).point(X86_FAULT_RET, 0, 0, 0, 1).by(ioctl).point(MEM_ATTR, 2, PRIVATE)
        .by(vcpu).setSpte(child, 2, 1, 0, spte(0x102)).guest(GUEST_STORE, 2, 0x102, 7);
    assertThat(story.ends(Ending.BOUND)).singleElement()
        .satisfies(finding -> assertThat(finding.evidence()).hasSize(3));
  }

  @Test
  void rejectsPrivateMemoryBehindASharedGfn() {
    story.by(vcpu).setSpte(child, 2, 1, 0, spte(0x101)).guest(GUEST_LOAD, 2, 0x101, 7);
    assertThat(story.quiet()).containsExactly(
        "guest load from gfn 0x2 reaches page 0x2 of guest_memfd 0 (pfn 0x101), but the gfn is shared");
  }

  @Test
  void rejectsAnAccessBetweenTheStoreOfTheAttributeAndTheEndOfTheInvalidation() {
    story.by(vcpu).setSpte(child, 2, 1, 0, spte(0x102)).by(ioctl).point(MEM_ATTR, 2, PRIVATE)
        .by(vcpu).guest(GUEST_LOAD, 2, 0x102, 7);
    assertThat(story.quiet()).containsExactly(
        "guest load from gfn 0x2 reaches shared memory (pfn 0x102), but the gfn is private");
  }

  @Test
  void looksAtEveryPageOfAHugeLeaf() {
    story.by(vcpu).setSpte(root + 1, 2, 2, spte(0x201), spte(0x102) | SPTE_LARGE)
        .by(ioctl).point(MEM_ATTR, 3, PRIVATE);
    assertThat(story.quiet())
        .containsExactly("TDP leaf left behind: gfn 0x3 still maps shared memory (pfn 0x103), but it is private");
  }

  @Test
  void aFrameThatIsHandedOutAgainIsSharedMemory() {
    story.point(GMEM_FOLIO, 0, 2, 0).alloc(0x101).by(vcpu).setSpte(child, 2, 1, 0, spte(0x101))
        .guest(GUEST_LOAD, 2, 0x101, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void saysNothingOfArm64WhereAttributesOnlySendFaultsBack() {
    Story arm = new Story(new PrivateShared(1));
    arm.task("vcpu0");
    arm.alloc(0x101).point(MEM_ATTR, 2, PRIVATE).guest(GUEST_LOAD, 2, 0x101, 7);
    assertThat(arm.quiet()).isEmpty();
  }

  @Test
  void anSnpGuestSaysWithEachAccessWhichKindItMeans() {
    story.point(CREATE_VM, 3, 16, 16, 3).by(vcpu).op(Op.TLB_FILL, 1, 2, 0x101, 1, 0x401L << 16)
        .op(Op.TLB_FILL, 1, 3, 0x102, 1, 0x400L << 16);
    assertThat(story.ends(Ending.BOUND)).isEmpty();
    story.op(Op.TLB_FILL, 1, 3, 0x102, 1, 0x401L << 16);
    assertThat(story.quiet())
        .containsExactly("cpu 0 caches gfn 0x3 -> shared memory (pfn 0x102) for private accesses");
  }
}
