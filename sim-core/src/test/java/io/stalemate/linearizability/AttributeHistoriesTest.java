package io.stalemate.linearizability;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linearizability.AttributeOperation.Found;
import io.stalemate.linearizability.AttributeOperation.Reached;
import io.stalemate.linearizability.AttributeOperation.Set;
import org.junit.jupiter.api.Test;

class AttributeHistoriesTest {

  private static final long EINVAL = 22;

  private final HistoryOf<Boolean, AttributeOperation> history = new HistoryOf<>(new Attributes());

  @Test
  void aGfnIsSharedAtFirstAndThenWhatItWasMade() {
    history.add(0, new Found(1, false), 0, 1).add(1, new Set(1, true, 0), 2, 3).add(0, new Found(1, true), 4, 5)
        .add(0, new Reached(1, true), 6, 7).add(1, new Set(1, false, 0), 8, 9).add(0, new Reached(1, false), 10, 11);
    assertThat(history.verdict()).isEqualTo(Verdict.YES);
  }

  @Test
  void bothKindsAreSeenWhileAnIoctlIsUnderWay() {
    history.add(1, new Set(1, true, 0), 0, 9).add(0, new Found(1, false), 2, 3).add(2, new Reached(1, true), 4, 5);
    assertThat(history.verdict()).isEqualTo(Verdict.YES);
  }

  @Test
  void rejectsTheOldKindAfterTheNewOneWasSeen() {
    history.add(1, new Set(1, true, 0), 0, 9).add(0, new Found(1, true), 2, 3).add(2, new Found(1, false), 4, 5);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
    assertThat(history.checker().stuck()).isEqualTo(2);
  }

  @Test
  void rejectsTheOldKindAfterTheIoctlReturned() {
    history.add(1, new Set(1, true, 0), 0, 3).add(0, new Found(1, true), 1, 2).add(1, new Set(1, false, 0), 4, 5)
        .add(0, new Reached(1, true), 6, 7);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
    assertThat(history.drawn()).containsExactly(
        "client1  make gfn 0x1 private: 0          0..3  [--]      #1",
        "client0  gfn 0x1 is found private         1..2   []       #2",
        "client1  make gfn 0x1 shared: 0           4..5      []    #3",
        "client0  gfn 0x1 leads to private memory  6..7        []  no legal place");
  }

  @Test
  void anIoctlThatFailedChangedNothing() {
    history.add(1, new Set(1, true, -EINVAL), 0, 1).add(0, new Found(1, false), 2, 3);
    assertThat(history.verdict()).isEqualTo(Verdict.YES);
    history.add(0, new Reached(1, true), 4, 5);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
  }

  @Test
  void gfnsOfOneIoctlChangeOneByOne() {
    history.add(1, new Set(1, true, 0), 0, 9).add(1, new Set(2, true, 0), 0, 9)
        .add(0, new Found(1, true), 2, 3).add(0, new Found(2, false), 4, 5);
    assertThat(history.verdict()).isEqualTo(Verdict.YES);
  }

  @Test
  void anIoctlThatNeverReturnedMayHaveDoneItsWork() {
    history.pending(1, new Set(1, true, 0), 0).add(0, new Found(1, false), 2, 3).add(0, new Found(1, true), 4, 5);
    assertThat(history.verdict()).isEqualTo(Verdict.YES);
    history.add(0, new Found(1, false), 6, 7);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
  }
}
