package io.stalemate.linux.mm;

import static io.stalemate.linux.Errno.EINVAL;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Tracepoint;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.Role;
import io.stalemate.sim.SimMachine;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.trace.Op;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MteTest {

  private static final int SEEDS = 200;

  private final World world = DirectEngine.world();
  private final SimMachine m = world.machine();

  private MmStruct mm() {
    world.begin(WorldOptions.of(2));
    MemMap memMap = new MemMap(m, 1, 0, Optional.of(Mte::new));
    MmStruct mm = new MmStruct(memMap, new MmuNotifierSubscriptions(m), 2);
    new Mmap(mm).mmap(0, 2, VmaKind.ANON, 0, true);
    return mm;
  }

  private static long touch(MmStruct mm, long hva) {
    assertThat(new MemoryFault(mm).doPageFault(hva, true)).isZero();
    return Pte.pfn(mm.pte(hva).readOnce());
  }

  private static Mte mte(MmStruct mm) {
    return mm.memMap.mte().orElseThrow();
  }

  private void write(MmStruct mm, long pfn, long tag) {
    assertThat(mte(mm).tryPageMteTagging(pfn)).isTrue();
    m.pages().tags(pfn).at(0).writeOnce(tag);
    m.pages().tags(pfn).at(1).writeOnce(tag + 1);
    mte(mm).setPageMteTagged(pfn);
  }

  private long[] tags(long pfn) {
    return new long[] {m.pages().tags(pfn).at(0).readOnce(), m.pages().tags(pfn).at(1).readOnce()};
  }

  @Test
  void aFramesTagsOutliveItsOwner() {
    MmStruct mm = mm();
    long pfn = touch(mm, 0);
    write(mm, pfn, 7);
    new Mmap(mm).madviseDontneed(0, 1);
    assertThat(touch(mm, 0)).isEqualTo(pfn);
    assertThat(tags(pfn)).containsExactly(7, 8);
    assertThat(mte(mm).pageMteTagged(pfn)).isFalse();
  }

  @Test
  void tagsGoToSwapAndComeBack() {
    MmStruct mm = mm();
    long pfn = touch(mm, 0);
    write(mm, pfn, 7);
    assertThat(new Vmscan(mm).shrinkPage(0)).isZero();
    long other = touch(mm, 1);
    assertThat(other).isEqualTo(pfn);
    write(mm, other, 90);
    long back = touch(mm, 0);
    assertThat(back).isNotEqualTo(other);
    assertThat(tags(back)).containsExactly(7, 8);
    assertThat(mte(mm).pageMteTagged(back)).isTrue();
  }

  @Test
  void aPageWithoutTagsComesBackWithoutThoseOfThePageBeforeItInTheSlot() {
    MmStruct mm = mm();
    write(mm, touch(mm, 0), 7);
    assertThat(new Vmscan(mm).shrinkPage(0)).isZero();
    new Mmap(mm).madviseDontneed(0, 1);
    touch(mm, 0);
    assertThat(new Vmscan(mm).shrinkPage(0)).isZero();
    assertThat(mte(mm).pageMteTagged(touch(mm, 0))).isFalse();
  }

  @Test
  void tagsGoWithAPageThatMoves() {
    MmStruct mm = mm();
    long pfn = touch(mm, 0);
    write(mm, pfn, 7);
    assertThat(new Migrate(mm).migratePage(0)).isZero();
    long moved = Pte.pfn(mm.pte(0).readOnce());
    assertThat(moved).isNotEqualTo(pfn);
    assertThat(tags(moved)).containsExactly(7, 8);
    assertThat(mte(mm).pageMteTagged(moved)).isTrue();
  }

  @Test
  void pagesWithTagsAreNeverMerged() {
    MmStruct mm = mm();
    long pfn = touch(mm, 0);
    long other = touch(mm, 1);
    m.pages().words(pfn).at(0).writeOnce(5);
    m.pages().words(other).at(0).writeOnce(5);
    write(mm, pfn, 7);
    assertThat(new Ksm(mm).mergePages(0, 1)).isEqualTo(-EINVAL);
    assertThat(tags(pfn)).containsExactly(7, 8);
  }

  @Test
  void protMteGivesPagesTagsOfZeroOnce() {
    MmStruct mm = mm();
    long pfn = touch(mm, 0);
    assertThat(new Mmap(mm).mprotectMte(0, 2)).isZero();
    assertThat(tags(pfn)).containsExactly(0, 0);
    m.pages().tags(pfn).at(0).writeOnce(7);
    assertThat(new Mmap(mm).mprotectMte(0, 2)).isZero();
    assertThat(tags(pfn)).containsExactly(7, 0);
    assertThat(tags(touch(mm, 1))).as("a page that comes later").containsExactly(0, 0);
  }

  @Test
  void memoryWithoutTagsIsNotMappedTagged() {
    MmStruct mm = mm();
    assertThat(new Mmap(mm).mmap(1, 1, VmaKind.PFNMAP, 0, true)).isZero();
    assertThat(new Mmap(mm).mprotectMte(0, 2)).isEqualTo(-EINVAL);
    assertThat(new Mmap(mm).mprotectMte(2, 1)).isEqualTo(-EINVAL);
  }

  @Test
  void oneOfManyInitialisesAndAllFindThePageTagged() {
    for (int seed = 0; seed < SEEDS; seed++) {
      MmStruct mm = mm();
      long pfn = touch(mm, 0);
      for (int task = 0; task < 3; task++) {
        world.addTask("t" + task, Role.HOST_MM, () -> {
          if (mte(mm).tryPageMteTagging(pfn)) {
            mte(mm).mteClearPageTags(pfn);
            mte(mm).setPageMteTagged(pfn);
          }
          assertThat(mte(mm).pageMteTagged(pfn)).isTrue();
          assertThat(tags(pfn)).containsExactly(0, 0);
        });
      }
      assertThat(world.run(new RandomWalk(), seed, 20_000)).isEqualTo(Ending.QUIESCENT);
      int clears = 0;
      for (int event = 0; event < world.trace().size(); event++) {
        clears += world.trace().op(event) == Op.TRACE && world.trace().point(event) == Tracepoint.MTE_CLEAR ? 1 : 0;
      }
      assertThat(clears).as("seed %d", seed).isEqualTo(1);
    }
  }
}
