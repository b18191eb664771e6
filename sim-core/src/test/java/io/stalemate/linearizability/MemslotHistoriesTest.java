package io.stalemate.linearizability;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linearizability.MemslotOperation.Found;
import io.stalemate.linearizability.MemslotOperation.Missed;
import io.stalemate.linearizability.MemslotOperation.Restore;
import io.stalemate.linearizability.MemslotOperation.Retire;
import io.stalemate.linearizability.MemslotOperation.SetRegion;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemslotHistoriesTest {

  private static final int EINVAL = 22;
  private static final int EEXIST = 17;
  private static final int ENOMEM = 12;

  private final HistoryOf<List<Memslot>, MemslotOperation> history = new HistoryOf<>(new Memslots());

  private static SetRegion create(int id, long gfn, long pages, int ret) {
    return new SetRegion(id, gfn, pages, 16, 0, ret);
  }

  private static SetRegion delete(int id, int ret) {
    return new SetRegion(id, 0, 0, 0, 0, ret);
  }

  @Test
  void acceptsASlotThatComesAndGoes() {
    history.add(0, create(0, 4, 4, 0), 0, 1).add(1, new Found(5, true), 2, 3)
        .add(0, delete(0, 0), 4, 5).add(1, new Missed(5, true), 6, 7);
    assertThat(history.verdict()).isEqualTo(Verdict.YES);
  }

  @Test
  void rejectsALookupThatFindsADeletedSlot() {
    history.add(0, create(0, 4, 4, 0), 0, 1).add(0, delete(0, 0), 2, 3).add(1, new Found(5, false), 4, 5);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
  }

  @Test
  void rejectsALookupThatMissesASlot() {
    history.add(0, create(0, 4, 4, 0), 0, 1).add(1, new Missed(4, false), 2, 3);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
  }

  /** Deleting takes two steps; between them some see the slot and some do not, in any order. */
  @Test
  void aSlotOnItsWayOutIsFoundOrMissed() {
    history.add(0, create(0, 4, 4, 0), 0, 1).add(0, new Retire(0), 2, 20).add(0, delete(0, 0), 2, 20)
        .add(1, new Missed(5, false), 3, 4).add(2, new Found(5, false), 5, 6).add(1, new Missed(5, false), 7, 8);
    assertThat(history.verdict()).isEqualTo(Verdict.YES);
  }

  @Test
  void aSlotWhoseDeletionFailsIsBack() {
    history.add(0, create(0, 4, 4, 0), 0, 1).add(0, new Retire(0), 2, 5).add(0, delete(0, -ENOMEM), 2, 5)
        .add(0, new Restore(0), 2, 5).add(1, new Missed(5, false), 6, 7);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
  }

  @Test
  void twoCreatorsOfOneSlotCannotBothSucceed() {
    history.add(0, create(0, 4, 4, 0), 0, 9).add(1, create(0, 4, 2, 0), 1, 8);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
  }

  @Test
  void oneOfTwoOverlappingSlotsIsRefused() {
    history.add(0, create(0, 4, 4, 0), 0, 9).add(1, create(1, 6, 4, -EEXIST), 1, 8);
    assertThat(history.verdict()).isEqualTo(Verdict.YES);
  }

  @Test
  void rejectsOverlappingSlots() {
    history.add(0, create(0, 4, 4, 0), 0, 9).add(1, create(1, 6, 4, 0), 1, 8);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
  }

  @Test
  void rejectsEexistWithoutAnythingThere() {
    history.add(0, create(0, 4, 4, -EEXIST), 0, 1);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
  }

  @Test
  void onlyOneOfTwoDeletesSucceeds() {
    history.add(0, create(0, 4, 4, 0), 0, 1).add(0, delete(0, 0), 2, 5).add(1, delete(0, 0), 3, 6);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
  }

  @Test
  void theOtherDeleteIsRefused() {
    history.add(0, create(0, 4, 4, 0), 0, 1).add(0, delete(0, 0), 2, 5).add(1, delete(0, -EINVAL), 3, 6);
    assertThat(history.verdict()).isEqualTo(Verdict.YES);
  }

  @Test
  void aSlotMovesWhole() {
    history.add(0, create(0, 4, 4, 0), 0, 1).add(0, create(0, 8, 4, 0), 2, 3)
        .add(1, new Found(8, false), 4, 5).add(1, new Missed(7, false), 6, 7);
    assertThat(history.verdict()).isEqualTo(Verdict.YES);
  }

  @Test
  void aReadOnlySlotDoesNotServeWrites() {
    history.add(0, new SetRegion(0, 4, 4, 16, Memslot.READONLY, 0), 0, 1)
        .add(1, new Found(4, false), 2, 3).add(1, new Missed(4, true), 4, 5).add(1, new Found(4, true), 6, 7);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
    assertThat(history.checker().stuck()).isEqualTo(3);
  }
}
