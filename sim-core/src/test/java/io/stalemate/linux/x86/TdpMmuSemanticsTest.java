package io.stalemate.linux.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.Era;
import io.stalemate.machine.PageUse;
import io.stalemate.sequential.SequentialMachine;
import io.stalemate.strategy.Seeded;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random operations on a root mean what {@link MeantSptes} says, entry by entry, in each era. */
final class TdpMmuSemanticsTest {

  private static final EptGeometry THREE_LEVELS = new EptGeometry(3, 1);
  private static final X86Vm WITHOUT_AD =
      new X86Vm(VmType.DEFAULT, false, false, true, true, false, -1, 0);

  @ParameterizedTest
  @EnumSource(names = {"V6_8", "V6_12"})
  void tablesOfThreeLevels(Era era) {
    new Run(era, THREE_LEVELS, X86Vm.DEFAULT, 1, text -> text).operations(30_000);
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_8", "V6_12"})
  void tablesOfTwoLevels(Era era) {
    new Run(era, new EptGeometry(2, 2), X86Vm.DEFAULT, 2, text -> text).operations(30_000);
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_8", "V6_12"})
  void tablesOfFourLevelsWithoutAccessedAndDirtyBits(Era era) {
    new Run(era, new EptGeometry(4, 1), WITHOUT_AD, 3, text -> text).operations(30_000);
  }

  private static void rejected(UnaryOperator<X86Text> wrong, String why) {
    assertThatThrownBy(() -> new Run(Era.V6_12, THREE_LEVELS, X86Vm.DEFAULT, 4, wrong).operations(10_000))
        .isInstanceOf(AssertionError.class).hasMessageContaining(why);
  }

  @Test
  void aWalkThatEndsTooEarlyIsRejected() {
    rejected(text -> text.with(TdpMmu.class, mmu -> new TdpMmu(mmu) {
      @Override
      public TdpIter iter(KvmMmuPage root, int minLevel, long start, long end) {
        return super.iter(root, minLevel, start, Math.min(end, mmu.geometry.pages(2)));
      }
    }), "map");
  }

  @Test
  void tablesThatAreForgottenWhenALeafTakesTheirPlaceAreRejected() {
    rejected(text -> text.with(TdpMmu.class, mmu -> new TdpMmu(mmu) {
      @Override
      protected void freeSpRcu(KvmMmuPage sp) {}
    }), "tables");
  }

  @Test
  void aZapThatSaysNothingIsToBeFlushedIsRejected() {
    rejected(text -> text.with(TdpZap.class, mmu -> new TdpZap(mmu) {
      @Override
      protected boolean needsFlush(KvmMmuPage root) {
        return false;
      }
    }), "unmap");
  }

  /** One root, its meaning, and who makes them differ. */
  private static final class Run {

    private final SequentialMachine machine = new SequentialMachine(2);
    private final EptGeometry geometry;
    private final X86Vm vm;
    private final Seeded random;
    private final TdpBench bench;
    private final X86Vcpu vcpu;
    private final MeantSptes meant;
    private final int gfns;
    // Which of its frames a gfn has: another after each time the host took it away.
    private final long[] frames;

    Run(Era era, EptGeometry geometry, X86Vm vm, long seed, UnaryOperator<X86Text> patch) {
      this.geometry = geometry;
      this.vm = vm;
      this.random = new Seeded(seed);
      this.bench = new TdpBench(machine, era, geometry, vm, 2, patch);
      this.vcpu = bench.vcpus.getFirst();
      this.meant = new MeantSptes(geometry, vm.adBits());
      this.gfns = (int) geometry.gfns();
      this.frames = new long[gfns];
      bench.vcpus.forEach(bench::reload);
    }

    void operations(int count) {
      for (int step = 0; step < count; step++) {
        try {
          operation();
          check();
        } catch (AssertionError e) {
          throw new AssertionError("step " + step + ": " + e.getMessage(), e);
        }
      }
      bench.destroy();
      assertThat(machine.pages().allocated(PageUse.TABLE)).as("tables at the end").isZero();
      assertThat(machine.warnings()).isEmpty();
    }

    private void operation() {
      long start = random.below(gfns);
      long end = start + 1 + random.below((int) (gfns - start));
      switch (random.below(12)) {
        case 0, 1, 2, 3, 4 -> map(start);
        case 5 -> {
          assertThat(bench.unmap(start, end)).as("unmap").isEqualTo(meant.unmap(start, end));
          newFrames(start, end);
        }
        case 6 -> {
          bench.kvm.mmuLock.writeLock();
          assertThat(bench.mmu.ageGfn(start, end)).as("age").isEqualTo(meant.age(start, end));
          bench.kvm.mmuLock.writeUnlock();
        }
        case 7 -> {
          bench.kvm.mmuLock.writeLock();
          assertThat(bench.mmu.testAgeGfn(start, end)).as("test_age").isEqualTo(meant.young(start, end));
          bench.kvm.mmuLock.writeUnlock();
        }
        case 8 -> {
          bench.kvm.mmuLock.readLock();
          assertThat(bench.mmu.dirty.wrprotSlot(bench.slot(), EptGeometry.LEVEL_4K))
              .as("wrprot").isEqualTo(meant.wrprot(0, gfns));
          bench.kvm.mmuLock.readUnlock();
        }
        case 9 -> {
          if (random.below(8) == 0) {
            bench.zapAllFast();
            bench.vcpus.forEach(bench::reload);
            meant.unmap(0, gfns);
          }
        }
        case 10 -> {
          bench.mmu.zap.kvmZapGfnRange(start, end);
          meant.unmap(start, end);
        }
        default -> {
          if (random.below(4) == 0) {
            bench.kvm.slotsLock.lock();
            bench.kvm.mmuLock.readLock();
            bench.mmu.split.trySplitHugePages(bench.slot(), 0, gfns, EptGeometry.LEVEL_4K, true);
            bench.kvm.mmuLock.readUnlock();
            bench.kvm.slotsLock.unlock();
            meant.splitAll();
          }
        }
      }
    }

    private void map(long gfn) {
      int level = 1 + random.below(geometry.maxHugepageLevel());
      long base = geometry.roundDown(gfn, level);
      long pfn = huge(base, level);
      boolean write = random.below(2) == 0;
      boolean prefetch = random.below(4) == 0;
      boolean mapWritable = write || random.below(2) == 0;
      boolean writable = mapWritable && (vm.adBits() || !prefetch);
      // A leaf that is there already keeps nothing of what it was.
      MeantSptes.Leaf leaf = new MeantSptes.Leaf(base, level, pfn, writable, mapWritable, mapWritable, !prefetch,
          vm.adBits() ? mapWritable : writable);
      int expected = meant.map(leaf) ? RetPf.FIXED : RetPf.SPURIOUS;
      assertThat(bench.map(vcpu, gfn, level, pfn, write ? PfErrorCode.WRITE : 0, prefetch, mapWritable))
          .as("map " + leaf).isEqualTo(expected);
    }

    /** The frame behind {@code base}; the host takes away what is mapped there if that is not one huge page by now. */
    private long huge(long base, int level) {
      long end = base + geometry.pages(level);
      for (long gfn = base; gfn < end; gfn++) {
        if (frames[(int) gfn] != frames[(int) base]) {
          bench.unmap(base, end);
          meant.unmap(base, end);
          newFrames(base, end);
        }
      }
      for (MeantSptes.Leaf leaf : meant.touching(base, end)) {
        assertThat(leaf.pfn()).isEqualTo(frame(leaf.gfn()));
      }
      return frame(base);
    }

    private long frame(long gfn) {
      return TdpBench.PFN + frames[(int) gfn] * 1024 + gfn;
    }

    private void newFrames(long start, long end) {
      // Whole leafs went: what is next to the range may have been part of one.
      long from = geometry.roundDown(start, geometry.maxHugepageLevel());
      long to = geometry.roundDown(end - 1, geometry.maxHugepageLevel()) + geometry.pages(geometry.maxHugepageLevel());
      if (meant.touching(from, to).isEmpty()) {
        long next = random.below(3);
        for (long gfn = from; gfn < to; gfn++) {
          frames[(int) gfn] = next;
        }
      }
    }

    private void check() {
      for (long gfn = 0; gfn < gfns; gfn++) {
        long[] found = bench.walk(vcpu.root.read(), gfn);
        MeantSptes.Leaf leaf = meant.at(gfn);
        if (leaf == null) {
          assertThat(found[0]).as("entry of gfn " + gfn).isZero();
        } else {
          assertThat(decode(gfn, found)).isEqualTo(leaf);
        }
      }
      assertThat(bench.marked.stream().sorted().toList()).as("marks").isEqualTo(meant.marks.stream().sorted().toList());
      bench.marked.clear();
      meant.marks.clear();
      int reached = bench.tables(vcpu.root.read(), geometry.levels());
      int cached = bench.vcpus.stream().mapToInt(v -> v.mmuPageCache.pages()).sum();
      assertThat(reached).as("tables that leafs need").isGreaterThanOrEqualTo(meant.tablesNeeded());
      assertThat(machine.pages().allocated(PageUse.TABLE) - cached).as("tables").isEqualTo(reached);
      assertThat(machine.warnings()).isEmpty();
    }

    /** By the bits that the SDM and spte.h give. */
    private MeantSptes.Leaf decode(long gfn, long[] found) {
      long spte = found[0];
      int level = (int) found[1];
      boolean write = (spte & 2) != 0;
      boolean readable = (spte & 5) == 5;
      assertThat((spte & 1L << 7) != 0).as("large").isEqualTo(level > 1);
      assertThat(spte >>> 52 & 3).as("A/D type").isEqualTo(vm.adBits() ? 0 : 1);
      boolean accessed = vm.adBits() ? (spte & 1L << 8) != 0 : readable;
      if (vm.adBits() || accessed) {
        assertThat(readable).isTrue();
      } else {
        assertThat(spte & 7).as("permissions of a tracked entry").isZero();
        assertThat(spte >>> 54 & 7).as("what it saves").isEqualTo(5);
      }
      boolean dirty = vm.adBits() ? (spte & 1L << 9) != 0 : write;
      return new MeantSptes.Leaf(geometry.roundDown(gfn, level), level, (spte & 0xf_ffff_ffff_f000L) >>> 12, write,
          (spte & 1L << 57) != 0, (spte & 1L << 58) != 0, accessed, dirty);
    }
  }
}
