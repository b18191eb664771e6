package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.FAULT_SEQ;
import static io.stalemate.machine.Tracepoint.INVALIDATE_BEGIN;
import static io.stalemate.machine.Tracepoint.INVALIDATE_END;
import static io.stalemate.machine.Tracepoint.INVALIDATE_RANGE;
import static io.stalemate.machine.Tracepoint.TDP_ROOT;
import static io.stalemate.machine.Tracepoint.ZAP_GFN_RANGE;
import static io.stalemate.oracle.Story.SPTE_LARGE;
import static io.stalemate.oracle.Story.SPTE_WRITE;
import static io.stalemate.oracle.Story.spte;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class X86StalenessProtocolTest {

  private final Story story = new Story(new StalenessProtocol(1));
  private final int vcpu = story.task("vcpu0");
  private final int ioctl = story.task("attrs0");
  private final int root = story.allocTable(0x200, 6);
  private final int child = story.allocTable(0x201, 6);

  X86StalenessProtocolTest() {
    story.point(TDP_ROOT, 0x200, 1);
  }

  private Story linked() {
    return story.by(vcpu).setSpte(root + 1, 2, 2, 0, spte(0x201));
  }

  private Story begins(long gfnStart, long gfnEnd) {
    return story.by(ioctl).point(INVALIDATE_BEGIN, 1).point(INVALIDATE_RANGE, gfnStart, gfnEnd);
  }

  @Test
  void acceptsAMapAfterAFreshSample() {
    linked();
    begins(2, 3).point(INVALIDATE_END, 1, 0).by(vcpu).point(FAULT_SEQ, 2, 1)
        .setSpte(child, 2, 1, 0, spte(0x101));
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAMapFromASampleBeforeTheInvalidation() {
    linked().point(FAULT_SEQ, 2, 0);
    begins(2, 3).point(INVALIDATE_END, 1, 0).by(vcpu).setSpte(child, 2, 1, 0, spte(0x101));
    assertThat(story.quiet()).containsExactly(
        "TDP leaf for gfn 0x2 is installed though it was invalidated after the sequence sample");
  }

  @Test
  void rejectsAHugeMapOverAnInvalidationNextDoor() {
    linked().point(FAULT_SEQ, 2, 0);
    begins(3, 4).by(vcpu).setSpte(root + 1, 2, 2, spte(0x201), spte(0x102) | SPTE_LARGE);
    assertThat(story.ends(Ending.BOUND)).extracting(Finding::what)
        .containsExactly("TDP leaf for gfn 0x2 is installed while an invalidation of it is in progress");
  }

  @Test
  void acceptsAFastPageFaultWhileAnInvalidationIsInProgress() {
    linked().setSpte(child, 2, 1, 0, spte(0x101));
    begins(2, 3).by(vcpu).setSpte(child, 2, 1, spte(0x101), spte(0x101) | SPTE_WRITE)
        .by(ioctl).setSpte(child, 2, 1, spte(0x101) | SPTE_WRITE, 0).point(INVALIDATE_END, 1, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsASplitThatRepeatsTheHugeLeafWhileAnInvalidationIsInProgress() {
    long huge = spte(0x102) | SPTE_LARGE;
    story.by(vcpu).setSpte(root + 1, 2, 2, 0, huge);
    begins(2, 4).by(vcpu).setSpte(child, 2, 1, 0, spte(0x102)).setSpte(child + 1, 3, 1, 0, spte(0x103))
        .setSpte(root + 1, 2, 2, huge, spte(0x201)).by(ioctl).point(INVALIDATE_END, 1, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAMapOfAGfnThatIsZappedThoughTheRangeThatFaultsAreToldIsAnother() {
    linked().point(FAULT_SEQ, 2, 0);
    begins(0x2000, 0x3000).point(ZAP_GFN_RANGE, 2, 3).by(vcpu).setSpte(child, 2, 1, 0, spte(0x101));
    assertThat(story.ends(Ending.BOUND)).extracting(Finding::what)
        .containsExactly("TDP leaf for gfn 0x2 is installed while an invalidation of it is in progress");
  }
}
