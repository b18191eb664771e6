package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.FAULT_PFN;
import static io.stalemate.machine.Tracepoint.FAULT_SEQ;
import static io.stalemate.machine.Tracepoint.INVALIDATE_BEGIN;
import static io.stalemate.machine.Tracepoint.INVALIDATE_END;
import static io.stalemate.machine.Tracepoint.INVALIDATE_RANGE;
import static io.stalemate.machine.Tracepoint.MN_ACTIVE;
import static io.stalemate.machine.Tracepoint.S2_ROOT;
import static io.stalemate.oracle.Story.leaf;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StalenessProtocolTest {

  private static final String AFTER = "stage-2 leaf for gfn 0x2 is installed though it was invalidated after the"
      + " sequence sample";
  private static final String DURING =
      "stage-2 leaf for gfn 0x2 is installed while an invalidation of it is in progress";

  private static final long BLOCK = 0x102L << 12 | Story.VALID;
  private static final long LOCKED = 1 << 10;

  private final Story story = new Story(new StalenessProtocol(1));
  private final int vcpu = story.task("vcpu0");
  private final int host = story.task("host");
  private final int other = story.task("ksm");
  private final int word = story.word("s2");

  private Story sample(long seq) {
    return story.by(vcpu).point(FAULT_SEQ, 2, seq);
  }

  private Story install() {
    return story.by(vcpu).setPte(word, 2, 0, leaf(0x101));
  }

  private Story begin(int task, long inProgress, long gfnStart, long gfnEnd) {
    return story.by(task).point(INVALIDATE_BEGIN, inProgress).point(INVALIDATE_RANGE, gfnStart, gfnEnd);
  }

  private Story end(int task, long seq, long inProgress) {
    return story.by(task).point(INVALIDATE_END, seq, inProgress);
  }

  @Test
  void acceptsAnInstallWithNothingInBetween() {
    begin(host, 1, 0, 4);
    end(host, 1, 0);
    sample(1);
    install();
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAnInvalidationBetweenSampleAndInstall() {
    sample(0);
    begin(host, 1, 0, 4);
    end(host, 1, 0);
    install();
    assertThat(story.quiet()).containsExactly(AFTER);
  }

  @Test
  void rejectsAnInvalidationThatEndsBetweenSampleAndInstall() {
    begin(host, 1, 0, 4);
    sample(0);
    end(host, 1, 0);
    install();
    assertThat(story.quiet()).containsExactly(AFTER);
  }

  @Test
  void rejectsAnInvalidationBetweenLookupAndALateSample() {
    story.by(vcpu).point(FAULT_PFN, 2, 0x101, 1);
    begin(host, 1, 0, 4);
    end(host, 1, 0);
    sample(1);
    install();
    assertThat(story.quiet()).containsExactly("stage-2 leaf for gfn 0x2 is installed though it was invalidated after"
        + " the pfn lookup, which came before the sequence sample");
  }

  @Test
  void acceptsAnotherRoundAfterARetry() {
    sample(0).point(FAULT_PFN, 2, 0x101, 1);
    begin(host, 1, 0, 4);
    end(host, 1, 0);
    sample(1).point(FAULT_PFN, 2, 0x102, 1);
    install();
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsASampleOfTheNewValueAheadOfTheEndEvent() {
    begin(host, 1, 0, 4);
    sample(1);
    end(host, 1, 0);
    install();
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAnInstallDuringAnInvalidation() {
    begin(host, 1, 0, 4);
    sample(0);
    install();
    end(host, 1, 0);
    assertThat(story.quiet()).containsExactly(DURING);
  }

  @Test
  void acceptsAnInstallBesideTheRange() {
    sample(0);
    begin(host, 1, 3, 4);
    install();
    end(host, 1, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsABlockOverTheRange() {
    sample(0);
    begin(host, 1, 3, 4);
    story.by(vcpu).setPte(word, 2, 2, 0, 0x102L << 12 | Story.VALID);
    end(host, 1, 0);
    assertThat(story.quiet()).containsExactly(DURING);
  }

  @Test
  void matchesOverlappingInvalidationsByTask() {
    begin(host, 1, 0, 1);
    begin(other, 2, 2, 3);
    end(host, 1, 1);
    sample(1);
    install();
    end(other, 2, 0);
    assertThat(story.quiet()).containsExactly(DURING);
  }

  @Test
  void acceptsChangePteInsideItsOwnInvalidation() {
    begin(host, 1, 2, 3).setPte(word, 2, 0, leaf(0x102));
    end(host, 1, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsChangePteInsideAnothersInvalidationToo() {
    begin(other, 1, 2, 3);
    begin(host, 2, 2, 3).setPte(word, 2, 0, leaf(0x102));
    end(host, 1, 1);
    end(other, 2, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsAChangeOfPermissions() {
    sample(0);
    begin(host, 1, 0, 4);
    story.by(vcpu).setPte(word, 2, leaf(0x101), leaf(0x101) | Story.WRITE);
    end(host, 1, 0);
    assertThat(story.quiet()).isEmpty();
  }

  /** Root with a block of gfns 2 and 3 at 0x102; a table of pages from {@code pfn}, built aside in an invalidation. */
  private int asideOf(long pfn) {
    story.by(vcpu);
    int root = story.allocTable(0x200, 2);
    story.point(S2_ROOT, 0, 0x200).setPte(root + 1, 2, 2, 0, BLOCK);
    int table = story.allocTable(0x201, 2);
    begin(host, 1, 0, 4);
    story.by(vcpu).setPte(table, 2, 0, leaf(pfn)).setPte(table + 1, 3, 0, leaf(pfn + 1));
    return root + 1;
  }

  @Test
  void acceptsASplitThatRepeatsTheBlockDuringAnInvalidation() {
    int entry = asideOf(0x102);
    story.setPte(entry, 2, 2, BLOCK, LOCKED).setPte(entry, 2, 2, LOCKED, Story.table(0x201));
    end(host, 1, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsATableThatIsNeverLinked() {
    asideOf(0x108);
    end(host, 1, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsASplitThatMapsSomethingElse() {
    int entry = asideOf(0x108);
    story.setPte(entry, 2, 2, BLOCK, LOCKED).setPte(entry, 2, 2, LOCKED, Story.table(0x201));
    end(host, 1, 0);
    assertThat(story.quiet()).containsExactly(DURING);
  }

  @Test
  void rejectsATableInPlaceOfABlockThatWasUnmapped() {
    int entry = asideOf(0x102);
    story.by(host).setPte(entry, 2, 2, BLOCK, 0).by(vcpu).setPte(entry, 2, 2, 0, Story.table(0x201));
    end(host, 1, 0);
    assertThat(story.quiet()).containsExactly(DURING);
  }

  @Test
  void rejectsAnInstallInATableThatIsLinked() {
    story.by(vcpu);
    int root = story.allocTable(0x200, 2);
    story.point(S2_ROOT, 0, 0x200);
    int table = story.allocTable(0x201, 2);
    story.setPte(root + 1, 2, 2, 0, Story.table(0x201));
    begin(host, 1, 0, 4);
    story.by(vcpu).setPte(table, 2, 0, leaf(0x101));
    end(host, 1, 0);
    assertThat(story.quiet()).containsExactly(DURING);
  }

  @Test
  void rejectsEndWithoutBegin() {
    end(host, 1, -1);
    assertThat(story.quiet()).containsExactly("mmu_invalidate_in_progress drops to -1");
  }

  @Test
  void rejectsEndOfSomebodyElsesBegin() {
    begin(other, 1, 0, 4);
    end(host, 1, 0);
    assertThat(story.quiet()).containsExactly("kvm_mmu_invalidate_end without kvm_mmu_invalidate_begin");
  }

  @Test
  void rejectsCountersLeftAtQuiescenceOnly() {
    begin(host, 1, 0, 4).point(MN_ACTIVE, 1);
    assertThat(story.ends(Ending.BOUND)).isEmpty();
    assertThat(story.quiet()).containsExactly("mmu_invalidate_in_progress is left at 1");
  }

  @Test
  void rejectsAnActiveCountLeftBehind() {
    story.by(host).point(MN_ACTIVE, 1);
    assertThat(story.quiet()).containsExactly("mn_active_invalidate_count is left at 1");
  }
}
