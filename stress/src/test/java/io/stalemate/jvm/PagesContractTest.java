package io.stalemate.jvm;

import static io.stalemate.jvm.Program.alone;
import static io.stalemate.jvm.Program.times;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Gfp;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Pages;
import io.stalemate.machine.Word;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What kernel text may rely on of the page allocator, whatever it runs on. */
class PagesContractTest {

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void freedFramesComeBackLastInFirstOutAndZeroed(Binding binding) {
    binding.run(1, m -> alone(() -> {
      Pages pages = m.pages();
      long one = pages.alloc(PageUse.TABLE, 4, Gfp.KERNEL);
      long two = pages.alloc(PageUse.TABLE, 4, Gfp.KERNEL);
      assertThat(one).isNotEqualTo(two).isNotEqualTo(Pages.NO_PAGE);
      assertThat(pages.words(two).length()).isEqualTo(4);
      pages.words(two).at(3).writeOnce(7);
      pages.free(one);
      pages.free(two);
      assertThat(pages.words(two).at(3).readOnce()).as("memory outlives its owner").isEqualTo(7);
      assertThat(pages.alloc(PageUse.TABLE, 4, Gfp.ATOMIC)).isEqualTo(two);
      assertThat(pages.words(two).at(3).readOnce()).isZero();
      assertThat(pages.alloc(PageUse.TABLE, 4, Gfp.ATOMIC)).isEqualTo(one);
    }));
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void aFrameIsReusedForItsUseAndSizeAlone(Binding binding) {
    binding.run(1, m -> alone(() -> {
      Pages pages = m.pages();
      long table = pages.alloc(PageUse.TABLE, 4, Gfp.KERNEL);
      pages.free(table);
      assertThat(pages.alloc(PageUse.TABLE, 2, Gfp.KERNEL)).isNotEqualTo(table);
      assertThat(pages.alloc(PageUse.KERNEL, 4, Gfp.KERNEL)).isNotEqualTo(table);
      assertThat(pages.alloc(PageUse.TABLE, 4, Gfp.KERNEL)).isEqualTo(table);
    }));
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void aFrameHasOneOwner(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Pages pages = m.pages();
      Word shared = m.word("shared", 0);
      return new Program(times(3, () -> {
        long pfn = pages.alloc(PageUse.KERNEL, 1, Gfp.ATOMIC);
        Word owned = pages.words(pfn).at(0);
        shared.fetchAdd(owned.xchg(1));
        owned.writeOnce(0);
        pages.free(pfn);
      }), () -> assertThat(shared.read()).as("frames that had an owner already").isZero());
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void anAllocationCanBeToldToFail(Binding binding) {
    binding.failing(PageUse.TABLE, 2).run(1, m -> {
      Pages pages = m.pages();
      pages.alloc(PageUse.TABLE, 4, Gfp.KERNEL);
      return alone(() -> {
        assertThat(pages.alloc(PageUse.TABLE, 4, Gfp.KERNEL)).isNotEqualTo(Pages.NO_PAGE);
        assertThat(pages.alloc(PageUse.USER, 1, Gfp.KERNEL)).isNotEqualTo(Pages.NO_PAGE);
        assertThat(pages.alloc(PageUse.TABLE, 4, Gfp.ATOMIC)).isEqualTo(Pages.NO_PAGE);
        assertThat(pages.alloc(PageUse.TABLE, 4, Gfp.ATOMIC)).isNotEqualTo(Pages.NO_PAGE);
      });
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void zeroesAreToldApartAndCopiesAreEqual(Binding binding) {
    binding.run(1, m -> alone(() -> {
      Pages pages = m.pages();
      long one = pages.alloc(PageUse.USER, 1, Gfp.KERNEL);
      long two = pages.alloc(PageUse.USER, 1, Gfp.KERNEL);
      long zero = pages.clear(one);
      assertThat(pages.words(one).at(0).readOnce()).isEqualTo(zero).isNotZero();
      assertThat(pages.clear(two)).isNotEqualTo(zero);
      pages.copy(two, one);
      assertThat(pages.words(two).at(0).readOnce()).isEqualTo(zero);
      pages.words(two).at(0).writeOnce(9);
      assertThat(pages.words(one).at(0).readOnce()).as("the original").isEqualTo(zero);
    }));
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void tagsAreWhateverTheLastOwnerLeft(Binding binding) {
    binding.run(1, m -> alone(() -> {
      Pages pages = m.pages();
      long pfn = pages.alloc(PageUse.USER, 1, Gfp.KERNEL);
      assertThat(pages.tags(pfn).length()).isEqualTo(Pages.TAG_WORDS);
      assertThat(pages.tags(pfn).at(1).readOnce()).isEqualTo(Pages.STALE_TAGS | pfn);
      pages.tags(pfn).at(1).writeOnce(5);
      pages.clear(pfn);
      pages.free(pfn);
      assertThat(pages.alloc(PageUse.USER, 1, Gfp.KERNEL)).isEqualTo(pfn);
      assertThat(pages.tags(pfn).at(1).readOnce()).isEqualTo(5);
      assertThat(pages.tags(pfn).at(0).readOnce()).isEqualTo(Pages.STALE_TAGS | pfn);
    }));
  }
}
