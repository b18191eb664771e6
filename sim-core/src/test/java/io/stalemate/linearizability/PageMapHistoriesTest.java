package io.stalemate.linearizability;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linearizability.PageEntry.Leaf;
import io.stalemate.linearizability.PageEntry.Owned;
import io.stalemate.linearizability.PageMapOperation.Annotate;
import io.stalemate.linearizability.PageMapOperation.GetLeaf;
import io.stalemate.linearizability.PageMapOperation.Map;
import io.stalemate.linearizability.PageMapOperation.Translate;
import io.stalemate.linearizability.PageMapOperation.Unmap;
import org.junit.jupiter.api.Test;

class PageMapHistoriesTest {

  private final HistoryOf<PageEntry, PageMapOperation> history = new HistoryOf<>(new PageMap());

  @Test
  void acceptsTheSecondOfTwoFaultsThatFindsThePageMapped() {
    history.add(0, new Map(2, 0x101, true, true), 0, 5).add(1, new Map(2, 0x101, true, false), 1, 4)
        .add(0, new GetLeaf(2, new Leaf(0x101, true)), 6, 7);
    assertThat(history.verdict()).isEqualTo(Verdict.YES);
  }

  @Test
  void rejectsADoubleMap() {
    history.add(0, new Map(2, 0x101, true, true), 0, 5).add(1, new Map(2, 0x101, true, true), 1, 4);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
  }

  @Test
  void acceptsADoubleMapWithAnUnmapBetween() {
    history.add(0, new Map(2, 0x101, true, true), 0, 5).add(1, new Map(2, 0x101, true, true), 1, 4)
        .add(2, new Unmap(2), 3, 6);
    assertThat(history.verdict()).isEqualTo(Verdict.YES);
  }

  @Test
  void rejectsALeafAfterTheUnmapReturned() {
    history.add(0, new Map(2, 0x101, true, true), 0, 1).add(1, new Unmap(2), 2, 3)
        .add(0, new Translate(2, 0x101, false), 4, 5);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
  }

  @Test
  void rejectsAWriteThroughAReadOnlyLeaf() {
    history.add(0, new Map(2, 0x101, false, true), 0, 1).add(0, new Translate(2, 0x101, true), 2, 3);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
  }

  @Test
  void annotationsReplaceLeavesAndAreReplaced() {
    history.add(0, new Map(2, 0x101, true, true), 0, 1).add(0, new Annotate(2, 3), 2, 3)
        .add(1, new GetLeaf(2, new Owned(3)), 4, 5).add(0, new Map(2, 0x101, true, true), 6, 7)
        .add(1, new GetLeaf(2, new Leaf(0x101, true)), 8, 9);
    assertThat(history.verdict()).isEqualTo(Verdict.YES);
  }

  @Test
  void rejectsALostAnnotation() {
    history.add(0, new Annotate(2, 3), 0, 1).add(1, new GetLeaf(2, PageEntry.EMPTY), 2, 3);
    assertThat(history.verdict()).isEqualTo(Verdict.NO);
    assertThat(history.drawn()).containsExactly(
        "client0  annotate owner 3  0..1  []    #1",
        "client1  get_leaf: empty   2..3    []  no legal place");
  }
}
