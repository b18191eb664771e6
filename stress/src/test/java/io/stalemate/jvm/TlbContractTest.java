package io.stalemate.jvm;

import static io.stalemate.jvm.Program.TIMES;
import static io.stalemate.jvm.Program.alone;
import static io.stalemate.jvm.Program.repeat;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Access;
import io.stalemate.machine.Gfp;
import io.stalemate.machine.Machine;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Tlb;
import io.stalemate.machine.Word;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What kernel text may rely on of TLBs, whatever it runs on. The VM has VMID 1, the page in question is gfn 2. */
class TlbContractTest {

  private static final long IPA = 2 << 12;

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void aTranslationServesItsCpuItsVmAndItsPermissions(Binding binding) {
    binding.run(1, m -> alone(() -> {
      Tlb tlb = m.tlb();
      long pfn = user(m);
      assertThat(load(tlb)).isEqualTo(Tlb.MISS);
      fill(tlb, 0, 3, pfn, Tlb.READ);
      assertThat(load(tlb)).isEqualTo(Tlb.HIT);
      assertThat(tlb.access(0, 1, 3, Access.LOAD, 0)).as("the next page").isEqualTo(Tlb.MISS);
      assertThat(tlb.access(1, 1, 2, Access.LOAD, 0)).as("another CPU").isEqualTo(Tlb.MISS);
      assertThat(tlb.access(0, 2, 2, Access.LOAD, 0)).as("another VM").isEqualTo(Tlb.MISS);
      assertThat(tlb.access(0, 1, 2, Access.FETCH, 0)).isEqualTo(Tlb.DENIED);
      assertThat(tlb.access(0, 1, 2, Access.STORE, 9)).isEqualTo(Tlb.DENIED);
      assertThat(tlb.deniedLevel()).isEqualTo(3);
      fill(tlb, 1, 3, pfn, Tlb.READ | Tlb.WRITE | Tlb.EXEC);
      assertThat(tlb.access(1, 1, 2, Access.STORE, 9)).isEqualTo(Tlb.HIT);
      assertThat(tlb.access(1, 1, 2, Access.FETCH, 0)).isEqualTo(Tlb.HIT);
      assertThat(load(tlb)).isEqualTo(Tlb.HIT);
      assertThat(tlb.loaded()).isEqualTo(9);
      assertThat(m.pages().words(pfn).at(0).readOnce()).isEqualTo(9);
    }));
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void aBlockTranslatesAllItsPages(Binding binding) {
    binding.run(1, m -> alone(() -> {
      Tlb tlb = m.tlb();
      long first = user(m);
      long second = user(m);
      assertThat(second).isEqualTo(first + 1);
      m.pages().words(second).at(0).writeOnce(5);
      tlb.walkBegin(0, 1, 2);
      assertThat(tlb.fill(0, 1, 2, 2, 2, first, Tlb.READ)).isTrue();
      assertThat(tlb.access(0, 1, 3, Access.LOAD, 0)).isEqualTo(Tlb.HIT);
      assertThat(tlb.loaded()).isEqualTo(5);
      assertThat(tlb.access(0, 1, 4, Access.LOAD, 0)).isEqualTo(Tlb.MISS);
      tlb.tlbiIpa(1, IPA, 2);
      tlb.dsb();
      assertThat(tlb.access(0, 1, 3, Access.LOAD, 0)).as("its other page").isEqualTo(Tlb.MISS);
    }));
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void tagsAreReachedThroughTheSameTranslation(Binding binding) {
    binding.run(1, m -> alone(() -> {
      Tlb tlb = m.tlb();
      long pfn = user(m);
      assertThat(tlb.accessTags(0, 1, 2, 1, Access.LOAD_TAGS, 0)).isEqualTo(Tlb.MISS);
      fill(tlb, 0, 3, pfn, Tlb.READ);
      assertThat(tlb.accessTags(0, 1, 2, 1, Access.STORE_TAGS, 6)).isEqualTo(Tlb.DENIED);
      fill(tlb, 0, 3, pfn, Tlb.READ | Tlb.WRITE);
      assertThat(tlb.accessTags(0, 1, 2, 1, Access.STORE_TAGS, 6)).isEqualTo(Tlb.HIT);
      assertThat(m.pages().tags(pfn).at(1).readOnce()).isEqualTo(6);
      assertThat(tlb.accessTags(0, 1, 2, 1, Access.LOAD_TAGS, 0)).isEqualTo(Tlb.HIT);
      assertThat(tlb.loaded()).isEqualTo(6);
    }));
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void anInvalidationDropsWhatItNamesAndNothingElse(Binding binding) {
    binding.run(1, m -> alone(() -> {
      Tlb tlb = m.tlb();
      long pfn = user(m);
      fill(tlb, 0, 3, pfn, Tlb.READ);
      drops(tlb, () -> tlb.tlbiIpa(1, IPA, 2), false);
      drops(tlb, () -> tlb.tlbiIpa(1, IPA + (1 << 12), 3), false);
      drops(tlb, () -> tlb.tlbiIpa(2, IPA, 3), false);
      drops(tlb, () -> tlb.tlbiIpa(1, IPA, 3), true);
      fill(tlb, 0, 3, pfn, Tlb.READ);
      drops(tlb, () -> tlb.tlbiIpaLocal(1, 1, IPA, Tlb.LEVEL_ANY), false);
      drops(tlb, () -> tlb.tlbiIpaLocal(0, 1, IPA, Tlb.LEVEL_ANY), true);
      fill(tlb, 0, 3, pfn, Tlb.READ);
      drops(tlb, () -> tlb.tlbiRange(1, 1 << 12, 1), false);
      drops(tlb, () -> tlb.tlbiRange(2, 1 << 12, 2), false);
      drops(tlb, () -> tlb.tlbiRange(1, 1 << 12, 2), true);
      fill(tlb, 0, 3, pfn, Tlb.READ);
      drops(tlb, () -> tlb.tlbiVmid(2), false);
      drops(tlb, () -> tlb.tlbiVmid(1), true);
      fill(tlb, 0, 3, pfn, Tlb.READ);
      drops(tlb, tlb::tlbiAll, true);
    }));
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void inveptDropsWhatItsCpuHasOfARoot(Binding binding) {
    binding.run(1, m -> alone(() -> {
      Tlb tlb = m.tlb();
      long pfn = user(m);
      fill(tlb, 0, 1, pfn, Tlb.READ);
      tlb.invept(1, 1);
      tlb.invept(0, 2);
      assertThat(load(tlb)).as("another CPU's, another root's").isEqualTo(Tlb.HIT);
      tlb.invept(0, 1);
      assertThat(load(tlb)).isEqualTo(Tlb.MISS);
      fill(tlb, 0, 1, pfn, Tlb.READ);
      tlb.invept(0, Tlb.EVERY_ROOT);
      assertThat(load(tlb)).isEqualTo(Tlb.MISS);
    }));
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void aWalkForWhatIsCachedReplacesItOrDropsIt(Binding binding) {
    binding.run(1, m -> alone(() -> {
      Tlb tlb = m.tlb();
      long pfn = user(m);
      fill(tlb, 0, 1, pfn, Tlb.READ);
      assertThat(tlb.access(0, 1, 2, Access.STORE, 9)).isEqualTo(Tlb.DENIED);
      fill(tlb, 0, 1, pfn, Tlb.READ | Tlb.WRITE);
      assertThat(tlb.access(0, 1, 2, Access.STORE, 9)).isEqualTo(Tlb.HIT);
      tlb.walkBegin(0, 1, 2);
      assertThat(tlb.walkFault(0, 1, 2)).isTrue();
      assertThat(load(tlb)).isEqualTo(Tlb.MISS);
    }));
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void aWalkThatAnInvalidationOvertookFillsNothing(Binding binding) {
    binding.run(1, m -> alone(() -> {
      Tlb tlb = m.tlb();
      long pfn = user(m);
      tlb.walkBegin(0, 1, 2);
      tlb.tlbiIpa(1, IPA, 3);
      tlb.dsb();
      assertThat(tlb.fill(0, 1, 3, 2, 1, pfn, Tlb.READ)).isFalse();
      assertThat(load(tlb)).isEqualTo(Tlb.MISS);
      tlb.walkBegin(0, 1, 2);
      tlb.tlbiIpa(1, IPA + (1 << 12), 3);
      tlb.dsb();
      assertThat(tlb.fill(0, 1, 3, 2, 1, pfn, Tlb.READ)).as("another page's").isTrue();
      tlb.walkBegin(1, 1, 2);
      tlb.tlbiVmid(1);
      tlb.dsb();
      assertThat(tlb.walkFault(1, 1, 2)).isFalse();
    }));
  }

  /** The entry goes, the TLBs forget it, the page is somebody else's: no guest reaches it any more. */
  @ParameterizedTest
  @EnumSource(Bindings.class)
  void afterTheBarrierNobodyReachesTheOldPage(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Tlb tlb = m.tlb();
      long pfn = user(m);
      Word entry = m.word("entry", pfn);
      Word freed = m.word("freed", 0);
      Word wrong = m.word("wrong", 0);
      Runnable guest = repeat(() -> {
        boolean isFreed = freed.readOnce() != 0;
        if (load(tlb) == Tlb.HIT) {
          wrong.fetchAdd(isFreed ? 1 : 0);
        } else {
          tlb.walkBegin(0, 1, 2);
          long leaf = entry.readOnce();
          if (leaf != 0) {
            tlb.fill(0, 1, 3, 2, 1, leaf, Tlb.READ);
          } else {
            tlb.walkFault(0, 1, 2);
          }
        }
      });
      return new Program(List.of(guest, () -> {
        entry.writeOnce(0);
        tlb.dsbIshst();
        tlb.tlbiIpa(1, IPA, 3);
        tlb.dsb();
        freed.writeOnce(1);
      }), () -> assertThat(wrong.read()).as("accesses to the freed page").isZero());
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void whatWasLoadedIsTheTasksOwn(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Tlb tlb = m.tlb();
      Word wrong = m.word("wrong", 0);
      return new Program(
          List.of(loader(m, tlb, 0, user(m), wrong), loader(m, tlb, 1, user(m), wrong)),
          () -> assertThat(wrong.read()).isZero());
    });
  }

  private static Runnable loader(Machine m, Tlb tlb, int cpu, long pfn, Word wrong) {
    m.pages().words(pfn).at(0).writeOnce(pfn);
    fill(tlb, cpu, 3, pfn, Tlb.READ);
    return () -> {
      for (int i = 0; i < TIMES; i++) {
        tlb.access(cpu, 1, 2, Access.LOAD, 0);
        wrong.fetchAdd(tlb.loaded() == pfn ? 0 : 1);
      }
    };
  }

  private static long user(Machine m) {
    return m.pages().alloc(PageUse.USER, 1, Gfp.KERNEL);
  }

  private static int load(Tlb tlb) {
    return tlb.access(0, 1, 2, Access.LOAD, 0);
  }

  private static void fill(Tlb tlb, int cpu, int level, long pfn, int permissions) {
    tlb.walkBegin(cpu, 1, 2);
    assertThat(tlb.fill(cpu, 1, level, 2, 1, pfn, permissions)).isTrue();
  }

  private static void drops(Tlb tlb, Runnable invalidation, boolean gone) {
    tlb.dsbIshst();
    invalidation.run();
    tlb.dsb();
    assertThat(load(tlb)).isEqualTo(gone ? Tlb.MISS : Tlb.HIT);
  }
}
