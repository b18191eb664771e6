package io.stalemate.linearizability;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linearizability.RegisterOperation.Load;
import io.stalemate.linearizability.RegisterOperation.Store;
import org.junit.jupiter.api.Test;

class RegisterHistoriesTest {

  private final HistoryOf<Long, RegisterOperation> history = HistoryOf.register();

  @Test
  void acceptsLoadsOfTheStoreBefore() {
    history.add(0, new Store(1, 7), 0, 1).add(1, new Load(1, 7), 2, 3).add(0, new Store(1, 8), 4, 5)
        .add(1, new Load(1, 8), 6, 7);
    assertThat(history.verdict()).isEqualTo(Verdict.YES);
    assertThat(history.checker().order()).containsExactly(0, 1, 2, 3);
  }

  @Test
  void acceptsEitherOrderOfOverlappingStores() {
    history.add(0, new Store(1, 7), 0, 3).add(1, new Store(1, 8), 1, 2).add(1, new Load(1, 7), 4, 5);
    assertThat(history.verdict()).isEqualTo(Verdict.YES);
    assertThat(history.checker().order()).containsExactly(1, 0, 2);
  }

  @Test
  void rejectsAStaleRead() {
    history.add(0, new Store(1, 7), 0, 1).add(1, new Load(1, 0), 2, 3);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
    assertThat(history.checker().stuck()).isEqualTo(1);
  }

  @Test
  void rejectsALostWrite() {
    history.add(0, new Store(1, 7), 0, 1).add(1, new Store(1, 8), 2, 3).add(0, new Load(1, 7), 4, 5);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
  }

  /** Each load alone is right; no order suits both. */
  @Test
  void rejectsReadersThatDisagree() {
    history.add(0, new Store(1, 7), 0, 9).add(1, new Store(1, 8), 0, 9)
        .add(2, new Load(1, 7), 1, 2).add(2, new Load(1, 8), 3, 4)
        .add(3, new Load(1, 8), 1, 2).add(3, new Load(1, 7), 3, 4);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
  }

  @Test
  void acceptsAValueStoredTwice() {
    history.add(0, new Store(1, 7), 0, 1).add(0, new Store(1, 8), 2, 3).add(1, new Store(1, 7), 2, 5)
        .add(0, new Load(1, 8), 4, 5).add(0, new Load(1, 7), 6, 7);
    assertThat(history.verdict()).isEqualTo(Verdict.YES);
  }

  @Test
  void anUnfinishedStoreMayHaveTakenEffect() {
    history.pending(0, new Store(1, 7), 0).add(1, new Load(1, 0), 1, 2).add(1, new Load(1, 7), 3, 4);
    assertThat(history.verdict()).isEqualTo(Verdict.YES);
  }

  @Test
  void anUnfinishedStoreMayNotHaveTakenEffect() {
    history.pending(0, new Store(1, 7), 0).add(1, new Load(1, 0), 1, 2);
    assertThat(history.verdict()).isEqualTo(Verdict.YES);
    assertThat(history.checker().order()).containsExactly(1);
  }

  @Test
  void anUnfinishedStoreTakesEffectOnceAtMost() {
    history.pending(0, new Store(1, 7), 0).add(1, new Load(1, 7), 1, 2).add(1, new Store(1, 8), 3, 4)
        .add(1, new Load(1, 7), 5, 6);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
  }

  @Test
  void operationsThatShareAMomentOverlap() {
    history.add(0, new Store(1, 7), 5, 5).add(1, new Load(1, 0), 5, 5);
    assertThat(history.verdict()).isEqualTo(Verdict.YES);
  }

  @Test
  void placesAreJudgedApart() {
    history.add(0, new Store(1, 7), 0, 1).add(0, new Store(2, 8), 2, 3).add(0, new Load(2, 8), 4, 5)
        .add(0, new Load(1, 8), 6, 7);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
    assertThat(history.checker().stuck()).isEqualTo(3);
    assertThat(history.checker().order()).containsExactly(0);
  }

  @Test
  void drawsWhatItRefuses() {
    history.add(0, new Store(1, 7), 10, 12).add(1, new Load(1, 0), 11, 15).pending(2, new Store(1, 9), 13)
        .add(0, new Load(1, 0), 16, 18).add(2, new Load(2, 0), 0, 1).add(1, new Load(1, 9), 30, 31);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
    assertThat(history.drawn()).containsExactly(
        "client0  store 7  10..12  [-]      #2",
        "client1  load 0   11..15   [--]    #1",
        "client2  store 9  13..       [---  #3",
        "client0  load 0   16..18       []  no legal place");
  }

  @Test
  void aHistoryThatIsTooWideIsNotJudged() {
    for (int i = 0; i < 65; i++) {
      history.add(i, new Store(1, i), 0, 1);
    }
    assertThat(history.verdict()).isEqualTo(Verdict.UNKNOWN);
  }

  /** 64 stores at once and a load that no order explains: more configurations than anybody can look at. */
  @Test
  void theBoundOnConfigurationsIsAVerdict() {
    HistoryOf<Long, RegisterOperation> bounded = new HistoryOf<>(new Register(0, Long::toString), 1_000);
    for (int i = 0; i < 40; i++) {
      bounded.add(i, new Store(1, i), 0, 1);
    }
    bounded.add(99, new Load(1, 99), 2, 3);
    assertThat(bounded.verdict()).isEqualTo(Verdict.UNKNOWN);
  }

  @Test
  void oneRefusedPartOutweighsAnUnknownOne() {
    HistoryOf<Long, RegisterOperation> bounded = new HistoryOf<>(new Register(0, Long::toString), 1_000);
    for (int i = 0; i < 40; i++) {
      bounded.add(i, new Store(1, i), 0, 1);
    }
    bounded.add(99, new Load(1, 99), 2, 3).add(99, new Load(2, 5), 2, 3);
    assertThat(bounded.verdict()).isEqualTo(Verdict.NO);
    assertThat(bounded.checker().stuck()).isEqualTo(41);
  }
}
