package io.stalemate.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.machine.Gfp;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Pages;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PagesTest {

  private final World world = DirectEngine.world();

  private Pages pages() {
    world.begin(WorldOptions.of(1));
    return world.machine().pages();
  }

  private List<Long> generations() {
    Trace trace = world.trace();
    List<Long> generations = new ArrayList<>();
    for (int event = 0; event < trace.size(); event++) {
      if (trace.op(event) == Op.PAGE_ALLOC) {
        generations.add(trace.d(event));
      }
    }
    return generations;
  }

  @Test
  void theFrameFreedLastIsHandedOutFirstWithANewGeneration() {
    Pages pages = pages();
    long a = pages.alloc(PageUse.USER, 1, Gfp.KERNEL);
    long b = pages.alloc(PageUse.USER, 1, Gfp.KERNEL);
    assertThat(b).isNotEqualTo(a);
    pages.free(a);
    pages.free(b);
    assertThat(pages.alloc(PageUse.USER, 1, Gfp.KERNEL)).isEqualTo(b);
    assertThat(pages.alloc(PageUse.USER, 1, Gfp.KERNEL)).isEqualTo(a);
    assertThat(generations()).containsExactly(1L, 1L, 2L, 2L);
  }

  @Test
  void framesOfOneUseAreNotHandedOutForAnother() {
    Pages pages = pages();
    long table = pages.alloc(PageUse.TABLE, 4, Gfp.KERNEL);
    pages.free(table);
    assertThat(pages.alloc(PageUse.USER, 1, Gfp.KERNEL)).isNotEqualTo(table);
    assertThat(pages.alloc(PageUse.TABLE, 4, Gfp.KERNEL)).isEqualTo(table);
  }

  @Test
  void aPageIsZeroedWhenItIsHandedOutAndReadableWhenItIsFreed() {
    Pages pages = pages();
    long pfn = pages.alloc(PageUse.TABLE, 4, Gfp.KERNEL);
    pages.words(pfn).at(3).writeOnce(7);
    pages.free(pfn);
    assertThat(pages.words(pfn).at(3).readOnce()).isEqualTo(7);
    pages.alloc(PageUse.TABLE, 4, Gfp.KERNEL);
    assertThat(pages.words(pfn).at(3).readOnce()).isZero();
  }

  @Test
  void clearGivesAFreshTokenAndCopyMovesTheData() {
    Pages pages = pages();
    long a = pages.alloc(PageUse.USER, 1, Gfp.KERNEL);
    long b = pages.alloc(PageUse.USER, 1, Gfp.KERNEL);
    long first = pages.clear(a);
    long second = pages.clear(b);
    assertThat(first).isNegative().isNotEqualTo(second);
    pages.copy(b, a);
    assertThat(pages.words(b).at(0).readOnce()).isEqualTo(first);
  }

  @Test
  void exactlyTheAllocationsThatAreToldToFailFailAndBootIsNotCounted() {
    world.begin(new WorldOptions(1, false, List.of(
        new WorldOptions.AllocationFailure(PageUse.TABLE, 2), new WorldOptions.AllocationFailure(PageUse.TABLE, 4))));
    Pages pages = world.machine().pages();
    for (int i = 0; i < 4; i++) {
      assertThat(pages.alloc(PageUse.TABLE, 4, Gfp.KERNEL)).isNotEqualTo(Pages.NO_PAGE);
    }
    List<Boolean> got = new ArrayList<>();
    world.addTask("t", Role.VCPU, () -> {
      for (int i = 0; i < 5; i++) {
        pages.alloc(PageUse.USER, 1, Gfp.ATOMIC);
        got.add(pages.alloc(PageUse.TABLE, 4, Gfp.ATOMIC) != Pages.NO_PAGE);
      }
    });
    world.run(new RandomWalk(), 0, 100);
    assertThat(got).containsExactly(true, false, true, false, true);
  }

  @Test
  void aFrameThatDoesNotExistIsAFault() {
    Pages pages = pages();
    assertThatThrownBy(() -> pages.free(0xdead)).isInstanceOf(WorldFault.class).hasMessage("no page frame 0xdead");
  }
}
