package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.TDP_ROOT;
import static io.stalemate.oracle.Story.SPTE_FROZEN;
import static io.stalemate.oracle.Story.SPTE_LARGE;
import static io.stalemate.oracle.Story.SPTE_WRITE;
import static io.stalemate.oracle.Story.spte;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.trace.Op;
import org.junit.jupiter.api.Test;

class X86BreakBeforeMakeTest {

  private final Story story = new Story(new BreakBeforeMake(1));
  private final int vcpu = story.task("vcpu0");
  private final int root = story.by(vcpu).allocTable(0x200, 6);

  X86BreakBeforeMakeTest() {
    story.point(TDP_ROOT, 0x200, 1);
  }

  @Test
  void x86NeedsNoBreakToSplitOrToCollapseOrToChangePermissions() {
    long huge = spte(0x102) | SPTE_LARGE;
    story.allocTable(0x201, 6);
    story.setSpte(root, 0, 2, 0, huge).setSpte(root, 0, 2, huge, huge | SPTE_WRITE)
        .setSpte(root, 0, 2, huge | SPTE_WRITE, spte(0x201)).setSpte(root, 0, 2, spte(0x201), huge);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsAnotherFrameOnceTheLeafWasZapped() {
    story.setSpte(root, 0, 1, 0, spte(0x101)).setSpte(root, 0, 1, spte(0x101), SPTE_FROZEN)
        .setSpte(root, 0, 1, SPTE_FROZEN, 0).setSpte(root, 0, 1, 0, spte(0x102));
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsALeafThatIsLedToAnotherFrame() {
    story.setSpte(root, 0, 1, 0, spte(0x101)).setSpte(root, 0, 1, spte(0x101), spte(0x102));
    assertThat(story.quiet())
        .containsExactly("SPTE of gfn 0x0 level 1 leads from pfn 0x101 to pfn 0x102 without being zapped in between");
  }

  @Test
  void rejectsAnEntryThatIsLedToAnotherTable() {
    story.setSpte(root, 0, 2, 0, spte(0x201)).setSpte(root, 0, 2, spte(0x201), spte(0x202));
    assertThat(story.quiet())
        .containsExactly("SPTE of gfn 0x0 level 2 leads from pfn 0x201 to pfn 0x202 without being zapped in between");
  }

  @Test
  void anotherCpuMayHoldWhatItHasNotFlushedYet() {
    story.setSpte(root, 0, 1, 0, spte(0x101)).op(Op.TLB_FILL, 1, 0, 0x101, 1, 0)
        .setSpte(root, 0, 1, spte(0x101), 0).setSpte(root, 0, 1, 0, spte(0x102)).op(Op.TLB_FILL, 1, 0, 0x102, 1, 1);
    assertThat(story.quiet()).isEmpty();
  }
}
