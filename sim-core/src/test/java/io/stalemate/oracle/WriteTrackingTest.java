package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.RETURN;
import static io.stalemate.machine.Tracepoint.SLOT_GONE;
import static io.stalemate.machine.Tracepoint.SLOT_INSTALL;
import static io.stalemate.machine.Tracepoint.WRITE_TRACK;
import static io.stalemate.oracle.Story.SPTE_WRITE;
import static io.stalemate.oracle.Story.spte;
import static io.stalemate.trace.Op.GUEST_STORE;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WriteTrackingTest {

  private final Story story = new Story(new WriteTracking(1));
  private final int vcpu = story.task("vcpu0");
  private final int tracker = story.task("slots0");
  private final int word = story.word("spte");

  private Story tracked() {
    return story.by(tracker).point(WRITE_TRACK, 2, 1).point(RETURN, 0, 0);
  }

  @Test
  void acceptsAStoreBeforeTheCallReturns() {
    story.by(tracker).point(WRITE_TRACK, 2, 1).by(vcpu).guest(GUEST_STORE, 2, 0x101, 7)
        .by(tracker).point(RETURN, 0, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAStoreOnceItHasReturned() {
    tracked().by(vcpu).guest(GUEST_STORE, 2, 0x101, 7);
    assertThat(story.ends(Ending.BOUND)).singleElement().satisfies(finding -> {
      assertThat(finding.what()).isEqualTo("guest store to gfn 0x2, which is write-tracked, goes past KVM");
      assertThat(finding.evidence()).containsExactly(new Evidence(0, "gfn 0x2 is write-tracked"),
          new Evidence(1, "the call that tracks it returns"), new Evidence(3, "guest store to gfn 0x2"));
    });
  }

  @Test
  void acceptsAStoreToAnotherGfnOrAfterTrackingEnded() {
    tracked().by(vcpu).guest(GUEST_STORE, 3, 0x102, 7).by(tracker).point(WRITE_TRACK, 2, 0).point(RETURN, 0, 0)
        .by(vcpu).guest(GUEST_STORE, 2, 0x101, 8);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAStoreWhileOneOfTwoTracksItStill() {
    tracked().point(WRITE_TRACK, 2, 1).by(vcpu).guest(GUEST_STORE, 2, 0x101, 7);
    assertThat(story.ends(Ending.BOUND)).singleElement().extracting(Finding::what)
        .isEqualTo("guest store to gfn 0x2, which is write-tracked, goes past KVM");
  }

  @Test
  void acceptsAStoreThroughAnotherSlotThanThatInWhichItWasTracked() {
    tracked().point(SLOT_GONE, 1, 2, 1, 8).point(SLOT_INSTALL, 1, 2, 1, 8).by(vcpu).guest(GUEST_STORE, 2, 0x101, 7)
        .setSpte(word, 2, 1, 0, spte(0x101) | SPTE_WRITE);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsAStoreThoughTheCallReturnsAfterItsSlotWent() {
    story.by(tracker).point(WRITE_TRACK, 2, 1).by(vcpu).point(SLOT_GONE, 1, 0, 4, 8).point(SLOT_INSTALL, 1, 0, 4, 8)
        .by(tracker).point(RETURN, 0, 0).by(vcpu).guest(GUEST_STORE, 2, 0x101, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAStoreThoughAnotherSlotCame() {
    tracked().point(SLOT_INSTALL, 1, 4, 4, 8).by(vcpu).guest(GUEST_STORE, 2, 0x101, 7);
    assertThat(story.ends(Ending.BOUND)).hasSize(1);
  }

  @Test
  void rejectsAWritableLeafLeftBehind() {
    tracked().by(vcpu).setSpte(word, 2, 1, 0, spte(0x101) | SPTE_WRITE);
    assertThat(story.quiet())
        .containsExactly("TDP leaf left behind: gfn 0x2 is writable, though it is write-tracked");
  }

  @Test
  void acceptsAReadOnlyLeaf() {
    tracked().by(vcpu).setSpte(word, 2, 1, 0, spte(0x101));
    assertThat(story.quiet()).isEmpty();
  }
}
