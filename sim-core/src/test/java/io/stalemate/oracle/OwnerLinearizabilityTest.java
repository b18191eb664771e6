package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.HOST_MEM_ABORT;
import static io.stalemate.machine.Tracepoint.HOST_MEM_ABORT_DONE;
import static io.stalemate.machine.Tracepoint.HOST_PTE;
import static io.stalemate.machine.Tracepoint.HYP_MEMORY;
import static io.stalemate.machine.Tracepoint.PKVM_TRANSITION;
import static io.stalemate.machine.Tracepoint.RETURN;
import static io.stalemate.machine.Tracepoint.SLOT_INSTALL;
import static io.stalemate.trace.Op.GUEST_LOAD;
import static io.stalemate.trace.Op.GUEST_STORE;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.trace.Trace;
import org.junit.jupiter.api.Test;

/** The hypervisor takes page 0x101 of the host's two, and gives it back. */
class OwnerLinearizabilityTest {

  private static final long PAGE = 0x101;
  private static final long IPA = PAGE << 12;
  private static final long EPERM = 1;
  private static final long EAGAIN = 11;

  private final DecisionTable table = DecisionTable.resource("page-transitions.tsv");
  private final Story story = new Story(new Linearizability());
  private final int host0 = story.task("host0");
  private final int host1 = story.task("host1");

  OwnerLinearizabilityTest() {
    story.by(Trace.BOOT).point(HYP_MEMORY, 0x100, 0x102, 0).point(HOST_PTE, 0x100, 0, 0x100, 1)
        .point(HOST_PTE, PAGE, 0, PAGE, 1).point(SLOT_INSTALL, 0, 0x100, 2, 0x100);
  }

  private Story calls(String transition, long ret) {
    return story.by(host1).point(PKVM_TRANSITION, table.values(1).indexOf(transition), PAGE, 1, ret);
  }

  private Story returns() {
    return story.by(host1).point(RETURN, 0, 0);
  }

  private Story aborts(long ret) {
    return story.by(host0).point(HOST_MEM_ABORT, 0, IPA, 0).point(HOST_MEM_ABORT_DONE, 0, IPA, ret);
  }

  @Test
  void acceptsAPageThatGoesAndComesBack() {
    aborts(0).guest(GUEST_STORE, PAGE, PAGE, 7);
    calls("donate-hyp", 0);
    returns();
    aborts(-EPERM);
    calls("hyp-donate-host", 0);
    returns();
    aborts(0).guest(GUEST_LOAD, PAGE, PAGE, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAnAccessToWhatTheHypervisorHas() {
    calls("donate-hyp", 0);
    returns().by(host0).guest(GUEST_STORE, PAGE, PAGE, 7);
    assertThat(story.quiet()).containsExactly("host writes to page 0x101 when that is of owner 1");
  }

  @Test
  void rejectsAnAbortThatDoesNotFindTheOwner() {
    calls("donate-hyp", 0);
    returns();
    aborts(-EAGAIN);
    assertThat(story.quiet()).containsExactly("a host abort finds page 0x101 to be 0x101 rw when that is owner 1");
  }

  @Test
  void rejectsAnAbortThatFindsAnOwnerWhoIsGone() {
    calls("donate-hyp", 0);
    returns();
    calls("hyp-donate-host", 0);
    returns();
    aborts(-EPERM);
    assertThat(story.quiet()).containsExactly("a host abort finds page 0x101 to be owner 1 when that is 0x101 rw");
  }

  @Test
  void acceptsEitherWhileTheCallIsUnderWay() {
    story.by(host0).point(HOST_MEM_ABORT, 0, IPA, 0);
    calls("donate-hyp", 0);
    story.by(host0).point(HOST_MEM_ABORT_DONE, 0, IPA, 0);
    aborts(-EPERM);
    returns();
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void aCallThatWasRefusedChangedNothing() {
    calls("donate-hyp", -EPERM);
    returns();
    aborts(0).guest(GUEST_LOAD, PAGE, PAGE, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void aPageThatIsSharedStaysTheHosts() {
    calls("share-hyp", 0);
    returns();
    aborts(0).guest(GUEST_LOAD, PAGE, PAGE, 7);
    assertThat(story.quiet()).isEmpty();
  }

  /** Two calls of one task come one after the other, though only the last is said to return. */
  @Test
  void aTasksNextCallEndsTheOneBefore() {
    calls("donate-hyp", 0);
    calls("hyp-donate-host", 0);
    aborts(-EPERM);
    story.by(host0).guest(GUEST_LOAD, PAGE, PAGE, 7);
    aborts(-EPERM);
    returns();
    assertThat(story.quiet()).containsExactly("a host abort finds page 0x101 to be owner 1 when that is 0x101 rw");
  }
}
