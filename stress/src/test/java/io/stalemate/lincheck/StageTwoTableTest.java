package io.stalemate.lincheck;

import static io.stalemate.lincheck.Call.call;

import io.stalemate.linux.kvm.Era;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The stage-2 table means what a page map says, whoever walks it at the same time. */
@Tag("lincheck")
class StageTwoTableTest {

  private static final List<Call> LEAVES = List.of(
      call("getLeaf", 0L), call("getLeaf", 1L), call("getLeaf", 2L), call("getLeaf", 3L), call("unmapAll"));

  @ParameterizedTest
  @ValueSource(classes = {TableV62.class, TableV612.class})
  void parallelWalksMeanWhatAPageMapSays(Class<? extends StageTwoTable> table) {
    ModelChecked.of(table, StageTwoPageMap.class)
        .pinned(List.of(call("load", 0, 0L), call("store", 0, 0L)), List.of(call("load", 1, 0L), call("wrprotect", 0L)))
        .pinned(List.of(call("load", 0, 0L), call("getLeaf", 0L)), List.of(call("load", 1, 1L), call("move", 1L)))
        .pinned(List.of(call("load", 0, 0L)), List.of(call("annotate", 1, 0L), call("unmap", 0L)))
        .pinned(List.of(call("load", 0, 1L)), List.of(call("setOwner", 1, 0L), call("unmap", 0L)))
        .drawn(3)
        .executions(50)
        .assertCorrect();
  }

  @Test
  void parallelWalksMeanWhatAPageMapSaysUnderStress() {
    ModelChecked.of(TableV612.class, StageTwoPageMap.class).drawn(2).stressExecutions(10)
        .assertCorrectUnderStress();
  }

  @Test
  void aTableThatABlockReplacedStaysUntilItsReadersAreGone() {
    collapse(TableV612.class).executions(100).assertCorrect();
  }

  @Test
  void aTableFreedUnderAWalkerIsFound() {
    collapse(TableFreedWithoutRcu.class).assertFinds("stage2FreeUnlinkedTable", "stage2RelaxPerms");
  }

  /**
   * A walker in a table that a block replaces; the next table may be made of the same page, as thread 2 has none in
   * its cache. The walker only changes leaves: one that maps pages may break the block again, and the block's other
   * page is gone, which is legal.
   */
  private static ModelChecked collapse(Class<? extends StageTwoTable> table) {
    return ModelChecked.of(table, StageTwoPageMap.class).pinnedBetween(
        List.of(call("load", 0, 0L)),
        LEAVES,
        List.of(call("store", 0, 0L)),
        List.of(call("collapse", 1, 0L), call("reclaim"), call("load", 2, 2L)));
  }

  @Test
  void aBlockIsSplitByOneOfTwo() {
    splits(TableV62.class).executions(100).assertCorrect();
  }

  @Test
  void twoSplitsOfOneBlockByWalkersThatExcludeNobodyAreFound() {
    splits(BlockSplitUnderReadLock.class).assertFinds("stage2Map", "stage2MapWalkLeaf");
  }

  private static ModelChecked splits(Class<? extends StageTwoTable> table) {
    return ModelChecked.of(table, StageTwoPageMap.class).pinnedBetween(
        List.of(call("collapse", 0, 0L)),
        LEAVES,
        List.of(call("storeLogged", 0, 0L)),
        List.of(call("storeLogged", 1, 1L)));
  }

  /** The table of v6.2. */
  public static class TableV62 extends StageTwoTable {

    /** An empty one. */
    public TableV62() {
      super(Era.V6_2, Optional.empty());
    }
  }

  /** The table of v6.12. */
  public static class TableV612 extends StageTwoTable {

    /** An empty one. */
    public TableV612() {
      super(Era.V6_12, Optional.empty());
    }
  }

  /** A table is freed as soon as a block replaced it. */
  public static class TableFreedWithoutRcu extends StageTwoTable {

    /** An empty one. */
    public TableFreedWithoutRcu() {
      super(Era.V6_12, Optional.of("table-freed-without-rcu"));
    }
  }

  /** The walkers of v5.15 with {@code mmu_lock} held for reading. */
  public static class BlockSplitUnderReadLock extends StageTwoTable {

    /** An empty one. */
    public BlockSplitUnderReadLock() {
      super(Era.V6_2, Optional.of("block-split-under-read-lock"));
    }
  }
}
