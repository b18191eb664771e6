package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.DIRTY_LOGGING;
import static io.stalemate.machine.Tracepoint.DIRTY_REPORTED;
import static io.stalemate.machine.Tracepoint.DIRTY_RING_PUSH;
import static io.stalemate.machine.Tracepoint.DIRTY_RING_RESET;
import static io.stalemate.machine.Tracepoint.DIRTY_SET;
import static io.stalemate.machine.Tracepoint.DIRTY_TAKEN;
import static io.stalemate.machine.Tracepoint.EMULATE;
import static io.stalemate.machine.Tracepoint.GUEST_ACCESS;
import static io.stalemate.machine.Tracepoint.SLOT_INSTALL;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.trace.Op;
import org.junit.jupiter.api.Test;

/** Slot 0 has gfns 4 to 7; the guest writes gfn 6, its page 2. */
class DirtyLogTest {

  private static final String LOST =
      "guest store to gfn 0x6 is lost to the dirty log of memslot 0: no harvest names it and nothing is pending";

  private final Story story = new Story(new DirtyLog());
  private final int vcpu = story.task("vcpu0");
  private final int vmm = story.task("vmm");
  private final int other = story.task("other");

  private Story logged() {
    return story.by(vmm).point(SLOT_INSTALL, 0, 4, 4, 16).point(DIRTY_LOGGING, 0, 1);
  }

  private Story stores() {
    return story.by(vcpu).op(Op.GUEST_STORE, 1, 6, 0x100, 7, 0);
  }

  @Test
  void acceptsAStoreThatIsPending() {
    logged().by(vcpu).point(DIRTY_SET, 0, 2, 1);
    stores();
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsAStoreThatIsNamedAfterwards() {
    logged().by(vcpu).point(DIRTY_SET, 0, 2, 1);
    stores().by(vmm).point(DIRTY_TAKEN, 0, 0, 4).point(DIRTY_REPORTED);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsAStoreBetweenTheTakingOfTheBitAndTheReturn() {
    logged().by(vcpu).point(DIRTY_SET, 0, 2, 1).by(vmm).point(DIRTY_TAKEN, 0, 0, 4);
    stores().by(vmm).point(DIRTY_REPORTED);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAStoreAfterTheHarvestThatSetsNothing() {
    logged().by(vcpu).point(DIRTY_SET, 0, 2, 1).by(vmm).point(DIRTY_TAKEN, 0, 0, 4).point(DIRTY_REPORTED);
    stores();
    assertThat(story.ends(Ending.QUIESCENT)).singleElement().satisfies(finding -> {
      assertThat(finding.what()).isEqualTo(LOST);
      assertThat(finding.severity()).isEqualTo(Severity.CORRUPTION);
      assertThat(finding.evidence()).containsExactly(
          new Evidence(5, "guest store to gfn 0x6"),
          new Evidence(3, "gfn 0x6 is taken out of the dirty log"),
          new Evidence(4, "the harvest that names gfn 0x6 returns"));
    });
  }

  @Test
  void rejectsAStoreThatNothingEverNoted() {
    logged();
    stores();
    assertThat(story.ends(Ending.QUIESCENT)).singleElement().satisfies(finding -> {
      assertThat(finding.what()).isEqualTo(LOST);
      assertThat(finding.evidence()).containsExactly(
          new Evidence(2, "guest store to gfn 0x6"), new Evidence(1, "dirty logging of memslot 0 is on"));
    });
  }

  @Test
  void rejectsAStoreThatOnlyTheReturnOfAnotherIoctlFollows() {
    logged().by(vcpu).point(DIRTY_SET, 0, 2, 1).by(vmm).point(DIRTY_TAKEN, 0, 0, 4).point(DIRTY_REPORTED);
    stores().by(other).point(DIRTY_REPORTED);
    assertThat(story.quiet()).containsExactly(LOST);
  }

  @Test
  void acceptsStoresBeforeLoggingAndAfterIt() {
    story.by(vmm).point(SLOT_INSTALL, 0, 4, 4, 16);
    stores().by(vmm).point(DIRTY_LOGGING, 0, 1).point(DIRTY_LOGGING, 0, 0);
    stores();
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsStoresToSlotsThatDoNotLog() {
    logged().point(SLOT_INSTALL, 1, 8, 4, 32).by(vcpu).op(Op.GUEST_STORE, 1, 9, 0x101, 7, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void countsTheEntriesOfRings() {
    logged().by(vcpu).point(DIRTY_RING_PUSH, 0, 0, 2, 0).by(vmm).point(DIRTY_RING_RESET, 0, 0, 2, 0)
        .by(vcpu).point(DIRTY_RING_PUSH, 0, 0, 2, 1);
    stores().by(vmm).point(DIRTY_REPORTED);
    stores();
    assertThat(story.ends(Ending.QUIESCENT)).as("the second entry is pending").isEmpty();
    story.by(vmm).point(DIRTY_RING_RESET, 0, 0, 2, 1).point(DIRTY_REPORTED);
    assertThat(story.ends(Ending.QUIESCENT)).isEmpty();
    stores();
    assertThat(story.quiet()).containsExactly(LOST);
  }

  @Test
  void saysNothingAboutRunsThatDoNotEnd() {
    logged();
    stores();
    assertThat(story.ends(Ending.BOUND)).isEmpty();
  }

  /** KVM stores to gfn 6 in the place of the guest, and notes it if {@code noted}. */
  private Story emulatedStore(boolean noted) {
    int word = story.trace().objects().addPage("page", 0x100, 1);
    story.by(vcpu).point(GUEST_ACCESS, 0, 6, 1, 7).op(Op.WRITE_ONCE, word, 7);
    return noted ? story.point(DIRTY_SET, 0, 2, 1) : story;
  }

  @Test
  void rejectsAnEmulatedStoreThatNothingNoted() {
    logged();
    emulatedStore(false).point(EMULATE, 0, 0x6000, 1, 1);
    assertThat(story.quiet()).containsExactly(LOST);
  }

  @Test
  void acceptsAnEmulatedStoreThatIsNamedBeforeKvmSaysSo() {
    logged();
    emulatedStore(true).by(vmm).point(DIRTY_TAKEN, 0, 0, 4).point(DIRTY_REPORTED)
        .by(vcpu).point(EMULATE, 0, 0x6000, 1, 1);
    assertThat(story.quiet()).isEmpty();
  }
}
