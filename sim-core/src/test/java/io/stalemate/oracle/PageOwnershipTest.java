package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.HOST_MEM_ABORT;
import static io.stalemate.machine.Tracepoint.HOST_MEM_ABORT_DONE;
import static io.stalemate.machine.Tracepoint.HYP_MEMORY;
import static io.stalemate.machine.Tracepoint.PKVM_TRANSITION;
import static io.stalemate.machine.Tracepoint.S2_ROOT;
import static io.stalemate.oracle.Story.leaf;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.trace.Op;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@code page-ownership} and the table of transitions accept and reject. */
final class PageOwnershipTest {

  private static final int SHARE_HYP = 1;
  private static final int DONATE_HYP = 3;
  private static final int HYP_DONATE_HOST = 4;
  private static final int SHARE_GUEST = 9;
  private static final int UNSHARE_GUEST = 10;
  private static final long PAGE_BYTES = 4096;

  private final Story story = new Story(new PageOwnership(1), new Conformance(List.of(new PageTransitionTable())));
  private final int host0 = story.task("host0");
  private final int host1 = story.task("host1");
  private final int root = story.by(host0).allocTable(0x200, 4);

  private Story memory() {
    return story.point(HYP_MEMORY, 0x100, 0x104, 0).point(S2_ROOT, 0, 0x200);
  }

  private Story fill(int vmid, long gfn, long pfn, int cpu) {
    return story.op(Op.TLB_FILL, 1, gfn, pfn, 1, cpu | (long) vmid << 16);
  }

  @Test
  void acceptsAPageThatGoesAndComesBack() {
    memory().setPte(root, 0x101, 0, leaf(0x101)).setPte(root, 0x101, leaf(0x101), 4)
        .point(PKVM_TRANSITION, DONATE_HYP, 0x101, 1, 0)
        .setPte(root, 0x101, 4, 0).point(PKVM_TRANSITION, HYP_DONATE_HOST, 0x101, 1, 0)
        .setPte(root, 0x101, 0, leaf(0x101));
    fill(0, 0x101, 0x101, host0).guest(Op.GUEST_STORE, 0x101, 0x101, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAHostAccessToTheHypervisorsPage() {
    memory();
    fill(0, 0x101, 0x101, host0).point(PKVM_TRANSITION, DONATE_HYP, 0x101, 1, 0)
        .guest(Op.GUEST_STORE, 0x101, 0x101, 7);
    assertThat(story.quiet()).containsExactly("host store to page 0x101, which the hypervisor owns");
  }

  @Test
  void rejectsALeafThatIsLeftOrMadeForTheHypervisorsPage() {
    memory().setPte(root, 0x101, 0, leaf(0x101)).point(PKVM_TRANSITION, DONATE_HYP, 0x101, 1, 0);
    assertThat(story.quiet())
        .containsExactly("page 0x101 is the hypervisor's, but the leaf for gfn 0x101 still maps it");
  }

  @Test
  void rejectsALeafMadeForTheHypervisorsPage() {
    memory().point(PKVM_TRANSITION, DONATE_HYP, 0x101, 1, 0).setPte(root, 0x101, 0, leaf(0x101));
    assertThat(story.quiet())
        .containsExactly("stage-2 leaf for gfn 0x101 maps page 0x101, which the hypervisor owns");
  }

  @Test
  void rejectsAGuestAccessToAPageThatTheHostTookBack() {
    memory().point(PKVM_TRANSITION, SHARE_GUEST, 0x102, 1, 0);
    fill(1, 1, 0x102, host1).guest(Op.GUEST_LOAD, 1, 0x102, 7).by(host1).hits(Op.GUEST_LOAD, 1, 0x102, 7)
        .point(PKVM_TRANSITION, UNSHARE_GUEST, 0x102, 1, 0).hits(Op.GUEST_LOAD, 1, 0x102, 7);
    assertThat(story.quiet())
        .containsExactly("guest load from gfn 0x1 reaches page 0x102, which the host took back");
  }

  @Test
  void acceptsAGuestThatUsesANewLeafBeforeTheShareIsAnnounced() {
    memory().point(PKVM_TRANSITION, SHARE_GUEST, 0x102, 1, 0).point(PKVM_TRANSITION, UNSHARE_GUEST, 0x102, 1, 0)
        .setPte(root, 1, 0, leaf(0x102)).by(host1);
    fill(1, 1, 0x102, host1).guest(Op.GUEST_LOAD, 1, 0x102, 7)
        .by(host0).point(PKVM_TRANSITION, SHARE_GUEST, 0x102, 1, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsALeafOfTheGuestsThatIsLeftBehind() {
    memory().setPte(root, 1, 0, leaf(0x102)).point(PKVM_TRANSITION, SHARE_GUEST, 0x102, 1, 0)
        .point(PKVM_TRANSITION, UNSHARE_GUEST, 0x102, 1, 0);
    assertThat(story.quiet()).containsExactly("the host took gfn 0x1 back, but its leaf still maps page 0x102");
  }

  @Test
  void theTableRejectsASecondShare() {
    memory().point(PKVM_TRANSITION, SHARE_HYP, 0x102, 1, 0).point(PKVM_TRANSITION, SHARE_HYP, 0x102, 1, 0);
    assertThat(story.quiet())
        .containsExactly("share-hyp of page 0x102, which is shared-hyp, yields 0; the table says -EPERM");
  }

  @Test
  void theTableTakesWhateverWasRightWhileAnAbortLasted() {
    memory().point(HOST_MEM_ABORT, 0, 0x102 * PAGE_BYTES)
        .by(host1).point(PKVM_TRANSITION, DONATE_HYP, 0x102, 1, 0)
        .by(host0).point(HOST_MEM_ABORT_DONE, 0, 0x102 * PAGE_BYTES, -1);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void theTableRejectsAnAbortThatFailsOnTheHostsOwnPage() {
    memory().point(HOST_MEM_ABORT, 0, 0x102 * PAGE_BYTES).point(HOST_MEM_ABORT_DONE, 0, 0x102 * PAGE_BYTES, -1);
    assertThat(story.quiet()).containsExactly("host abort on page 0x102, which is host-owned, ends with -EPERM");
  }

  @Test
  void runsWithoutProtectedKvmAreNoneOfItsBusiness() {
    fill(1, 1, 0x102, host0).guest(Op.GUEST_STORE, 1, 0x102, 7);
    assertThat(story.quiet()).isEmpty();
  }
}
