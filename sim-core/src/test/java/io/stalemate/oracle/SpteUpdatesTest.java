package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.TDP_SET_SPTE;
import static io.stalemate.oracle.Story.SPTE_WRITE;
import static io.stalemate.oracle.Story.spte;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.PageUse;
import io.stalemate.trace.Op;
import org.junit.jupiter.api.Test;

class SpteUpdatesTest {

  private static final long LEAF = spte(0x101);
  private static final long DIRTY = LEAF | 1 << 9;

  private final Story story = new Story(new SpteUpdates());
  private final int vcpu = story.task("vcpu0");
  private final int host = story.task("host");
  private final int word = story.by(host).allocTable(0x200, 6);

  /** The leaf is there, and hardware sets its dirty bit. */
  private Story dirtied() {
    return story.setSpte(word, 2, 1, 0, LEAF).by(vcpu).op(Op.CMPXCHG, word, LEAF, DIRTY, 1).by(host);
  }

  @Test
  void acceptsAnExchangeThatYieldsWhatHardwareSet() {
    dirtied().op(Op.XCHG, word, DIRTY, 0).point(TDP_SET_SPTE, 2, 1, DIRTY, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAStoreFromAValueThatHardwareChanged() {
    dirtied().op(Op.WRITE_ONCE, word, 0).point(TDP_SET_SPTE, 2, 1, LEAF, 0);
    assertThat(story.quiet()).containsExactly("SPTE of gfn 0x2 at level 1 is changed from " + Watch.hex(LEAF)
        + ", but it held " + Watch.hex(DIRTY));
  }

  @Test
  void rejectsAStoreOverWhatTheFastPathSet() {
    story.setSpte(word, 2, 1, 0, LEAF).setSpte(word, 2, 1, LEAF, LEAF | SPTE_WRITE)
        .op(Op.WRITE_ONCE, word, 0).point(TDP_SET_SPTE, 2, 1, LEAF, 0);
    assertThat(story.quiet()).hasSize(1);
  }

  @Test
  void acceptsACompareAndExchangeThatFailsAndTriesAgain() {
    dirtied().op(Op.CMPXCHG, word, DIRTY, 0, 0).op(Op.CMPXCHG, word, DIRTY, 0, 1).point(TDP_SET_SPTE, 2, 1, DIRTY, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void aTableThatIsHandedOutAnewIsEmpty() {
    dirtied().free(0x200, PageUse.TABLE).op(Op.PAGE_ALLOC, word, 0x200, PageUse.TABLE.ordinal(), 6, 2)
        .op(Op.WRITE_ONCE, word, LEAF).point(TDP_SET_SPTE, 2, 1, 0, LEAF);
    assertThat(story.quiet()).isEmpty();
  }
}
