package io.stalemate.linux.arm64;

import static io.stalemate.linux.kvm.DirtyLog.KVM_DIRTY_LOG_INITIALLY_SET;
import static io.stalemate.linux.kvm.DirtyLog.KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.GuestCpu;
import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.Errno;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.mm.Mmap;
import io.stalemate.linux.mm.VmaKind;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tlb;
import io.stalemate.oracle.Ending;
import io.stalemate.oracle.OracleSet;
import io.stalemate.oracle.Oracles;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.RandomWalk;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What write-protection, splitting and harvests do to a real table, one task after the other. */
final class DirtyLoggingTest {

  private static final int LOG = KvmMemorySlot.KVM_MEM_LOG_DIRTY_PAGES;
  private static final long BLOCK = 2 * StageTwoGeometry.PAGE_SIZE;

  /** Runs {@code test} alone; no oracle may have anything to say. */
  private static void on(Function<Machine, SmallVm> make, Consumer<SmallVm> test) {
    World world = DirectEngine.world();
    world.begin(WorldOptions.of(2));
    SmallVm vm = make.apply(world.machine());
    world.addTask("vcpu0", Role.VCPU, () -> test.accept(vm));
    assertThat(world.run(new RandomWalk(), 1, 100_000)).isEqualTo(Ending.QUIESCENT);
    OracleSet oracles = new OracleSet(Oracles.all(1));
    oracles.begin(world.trace());
    oracles.end(Ending.QUIESCENT);
    assertThat(oracles.findings()).isEmpty();
  }

  private static SmallVm unslotted(Machine m, Era era) {
    SmallVm vm = new SmallVm(m, Arm64Text.of(era, SmallVm.GEOMETRY), era, 1, SmallVm.PAGES / 2);
    new Mmap(vm.mm).mmap(0, SmallVm.PAGES, VmaKind.HUGETLB, 1, true);
    return vm;
  }

  private static boolean writable(SmallVm vm, long gfn) {
    return (StageTwoPte.permissions(vm.leaf(gfn).pte()) & Tlb.WRITE) != 0;
  }

  private static long dirty(SmallVm vm) {
    long[] told = new long[1];
    assertThat(vm.kvm.dirtyLog.getDirtyLog(0, told)).isZero();
    return told[0];
  }

  @ParameterizedTest
  @EachEra
  void aPageIsToldOncePerRoundInWhichItIsWritten(Era era) {
    on(m -> SmallVm.hugetlb(m, era, 1), vm -> {
      vm.slot(LOG);
      vm.run(0, GuestInstruction.store(2, 7), GuestInstruction.load(5));
      assertThat(dirty(vm)).isEqualTo(1 << 2);
      assertThat(writable(vm, 2)).isFalse();
      assertThat(dirty(vm)).isZero();
      vm.run(0, GuestInstruction.store(2, 8), GuestInstruction.store(5, 9));
      assertThat(dirty(vm)).isEqualTo(1 << 2 | 1 << 5);
    });
  }

  @ParameterizedTest
  @EachEra
  void turningLoggingOnProtectsBlocksAndTheNextWriteSplitsThem(Era era) {
    on(m -> SmallVm.hugetlb(m, era, 1), vm -> {
      vm.run(0, GuestInstruction.store(2, 7));
      vm.slot(LOG);
      assertThat(vm.leaf(2).level()).isEqualTo(2);
      assertThat(writable(vm, 2)).isFalse();
      vm.run(0, GuestInstruction.store(3, 8));
      assertThat(vm.leaf(3).level()).isEqualTo(3);
      assertThat(dirty(vm)).isEqualTo(1 << 3);
    });
  }

  @ParameterizedTest
  @EachEra
  void aFaultAfterLoggingWasTurnedOffReplacesTheTableByABlock(Era era) {
    on(m -> SmallVm.hugetlb(m, era, 1), vm -> {
      vm.slot(LOG);
      vm.run(0, GuestInstruction.store(2, 7));
      assertThat(vm.leaf(2).level()).isEqualTo(3);
      vm.slot(0);
      vm.run(0, GuestInstruction.store(3, 8));
      assertThat(vm.leaf(2).level()).isEqualTo(2);
    });
  }

  @ParameterizedTest
  @EachEra
  void initiallyAllSetLeavesBlocksWritableUntilTheyAreCleared(Era era) {
    on(m -> unslotted(m, era), vm -> {
      vm.kvm.dirtyLog.enableManualProtect(KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET);
      vm.slot(0);
      vm.run(0, GuestInstruction.store(2, 7));
      vm.slot(LOG);
      assertThat(writable(vm, 2)).isTrue();
      assertThat(dirty(vm)).isEqualTo(0xff);
      assertThat(vm.kvm.dirtyLog.clearDirtyLog(0, 0, 8, new long[] {1 << 3})).isZero();
      assertThat(writable(vm, 2)).as("the block around the page").isFalse();
      vm.run(0, GuestInstruction.store(3, 8));
      assertThat(dirty(vm)).isEqualTo(0xff);
    });
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_2", "V6_12"})
  void aVcpuWhoseRingIsNearlyFullGoesOnOnceItsVmmReapedIt(Era era) {
    on(m -> {
      SmallVm vm = new SmallVm(m, Arm64Text.of(era, SmallVm.GEOMETRY), era, 0, SmallVm.PAGES / 2);
      vm.kvm.dirtyLog.enableDirtyLogRing(4);
      new Mmap(vm.mm).mmap(0, SmallVm.PAGES, VmaKind.HUGETLB, 1, true);
      HandleGuestAbort handleGuestAbort =
          Arm64Text.of(era, SmallVm.GEOMETRY).handleGuestAbort().link(vm.arch, VmCaps.none());
      vm.vcpus.add(new VcpuRun(
          vm.arch, vm.arch.createVcpu(0, 0), new GuestCpu(m, 0, SmallVm.GEOMETRY), handleGuestAbort));
      return vm;
    }, vm -> {
      vm.slot(LOG);
      assertThat(vm.run(0, GuestInstruction.store(0, 7), GuestInstruction.store(1, 8), GuestInstruction.store(2, 9),
          GuestInstruction.store(3, 10), GuestInstruction.store(4, 11))).isZero();
      // Full at gfn 2 and again at gfn 4, each of which is pushed once more after the rings were reaped.
      assertThat(vm.kvm.dirtyLog.reaper.harvest(vm.kvm.vcpus().getFirst())).isEqualTo(1);
      assertThat(vm.kvm.dirtyLog.resetDirtyRings()).isEqualTo(1);
    });
  }

  @Test
  void eagerSplittingLeavesNoBlockInTheSlot() {
    on(m -> unslotted(m, Era.V6_12), vm -> {
      assertThat(vm.arch.eagerSplit().setChunkSize(BLOCK)).isZero();
      vm.slot(0);
      vm.run(0, GuestInstruction.store(2, 7), GuestInstruction.store(5, 8));
      vm.slot(LOG);
      for (long gfn : new long[] {2, 3, 4, 5}) {
        assertThat(vm.leaf(gfn).level()).isEqualTo(3);
        assertThat(StageTwoPte.valid(vm.leaf(gfn).pte())).isTrue();
        assertThat(writable(vm, gfn)).isFalse();
      }
      vm.run(0, GuestInstruction.store(3, 9));
      assertThat(dirty(vm)).isEqualTo(1 << 3);
      vm.slot(0);
    });
  }

  @Test
  void theChunkSizeIsALeafsAndSetBeforeThereAreSlots() {
    on(m -> unslotted(m, Era.V6_12), vm -> {
      EagerSplit split = vm.arch.eagerSplit();
      assertThat(split.setChunkSize(3 * StageTwoGeometry.PAGE_SIZE)).isEqualTo(-Errno.EINVAL);
      assertThat(split.setChunkSize(0)).isZero();
      assertThat(split.setChunkSize(BLOCK)).isZero();
      vm.slot(0);
      assertThat(split.setChunkSize(BLOCK)).isEqualTo(-Errno.EINVAL);
    });
    on(m -> unslotted(m, Era.V6_2), vm ->
        assertThat(vm.arch.eagerSplit().setChunkSize(BLOCK)).as("since v6.4").isEqualTo(-Errno.EINVAL));
  }
}
